"""Pages about contacts: the list, the card, and the words they are described with."""

from __future__ import annotations

from contacts.views.card import (
    contact_card,
    contact_consent,
    contact_edit,
    contact_erase,
    contact_export,
    contact_merge,
    contact_tag,
    contact_untag,
)
from contacts.views.lists import (
    list_add,
    list_card,
    list_change,
    list_csv,
    list_delete,
    list_remove,
    lists,
)
from contacts.views.people import contact_list, contact_new, contacts_csv
from contacts.views.vocabulary import (
    attribute_change,
    attribute_delete,
    attributes,
    categories,
    category_delete,
    category_rename,
    tag_delete,
    tag_rename,
    tags,
)

__all__ = [
    "attribute_change",
    "attribute_delete",
    "attributes",
    "categories",
    "category_delete",
    "category_rename",
    "contact_card",
    "contact_consent",
    "contact_edit",
    "contact_erase",
    "contact_export",
    "contact_list",
    "contact_merge",
    "contact_new",
    "contact_tag",
    "contact_untag",
    "contacts_csv",
    "list_add",
    "list_card",
    "list_change",
    "list_csv",
    "list_delete",
    "list_remove",
    "lists",
    "tag_delete",
    "tag_rename",
    "tags",
]
