"""Everything that changes contacts."""

from __future__ import annotations

from contacts.services.attributes import change_attribute, define_attribute, delete_attribute
from contacts.services.builtins import ensure_builtin_attributes
from contacts.services.changes import forget_changes, touch_contacts, touch_everybody
from contacts.services.consents import (
    address_digest,
    lift_suppression,
    set_consent,
    suppress_address,
    suppress_digest,
)
from contacts.services.erasure import erase_contact, export_contact
from contacts.services.labels import (
    categorise_contacts,
    create_category,
    create_tag,
    delete_category,
    delete_tag,
    rename_category,
    rename_tag,
    tag_contacts,
    untag_contacts,
)
from contacts.services.lists import (
    add_to_list,
    change_list,
    create_list,
    delete_list,
    remove_from_list,
)
from contacts.services.merging import merge_contacts
from contacts.services.references import ContactReference, find_or_create_contacts
from contacts.services.upsert import change_contact, upsert_contacts

__all__ = [
    "ContactReference",
    "add_to_list",
    "address_digest",
    "categorise_contacts",
    "change_attribute",
    "change_contact",
    "change_list",
    "create_category",
    "create_list",
    "create_tag",
    "define_attribute",
    "delete_attribute",
    "delete_category",
    "delete_list",
    "delete_tag",
    "ensure_builtin_attributes",
    "erase_contact",
    "export_contact",
    "find_or_create_contacts",
    "forget_changes",
    "lift_suppression",
    "merge_contacts",
    "remove_from_list",
    "rename_category",
    "rename_tag",
    "set_consent",
    "suppress_address",
    "suppress_digest",
    "tag_contacts",
    "touch_contacts",
    "touch_everybody",
    "untag_contacts",
    "upsert_contacts",
]
