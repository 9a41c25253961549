"""What is known of contacts now, for lists, cards and the API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from contacts.addresses import email_key
from contacts.models import (
    AttributeDefinition,
    AttributeType,
    AttributeValue,
    Category,
    Channel,
    Consent,
    ConsentRecord,
    Contact,
    ContactCategory,
    ContactQuerySet,
    ContactTag,
    Suppression,
    Tag,
)
from contacts.text import key_of, normalise
from workspaces.models import Workspace

Value = str | float | bool | date | datetime | list[str]


@dataclass
class Known:
    """Attributes by key, tags, categories and consents that hold now."""

    attributes: dict[str, Value] = field(default_factory=dict)
    tags: list[Tag] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)


def known_of(workspace: Workspace, contacts: Iterable[Contact]) -> dict[int, Known]:
    """The current state of some contacts by id; a fixed number of queries however many."""
    known = {contact.pk: Known() for contact in contacts}
    ids = list(known)
    values = AttributeValue.objects.in_workspace(workspace).filter(contact__in=ids, valid_to=None)
    for value in values.select_related("attribute").order_by("attribute_id", "slot"):
        _add_value(known[value.contact_id].attributes, value)
    taggings = ContactTag.objects.in_workspace(workspace).filter(contact__in=ids, valid_to=None)
    for tagging in taggings.select_related("tag").order_by("tag__name"):
        known[tagging.contact_id].tags.append(tagging.tag)
    held = ContactCategory.objects.in_workspace(workspace).filter(contact__in=ids, valid_to=None)
    for row in held.select_related("category").order_by("category__name"):
        known[row.contact_id].categories.append(row.category)
    consents = Consent.objects.in_workspace(workspace).filter(contact__in=ids, valid_to=None)
    for consent in consents.order_by("channel", "topic"):
        known[consent.contact_id].consents.append(consent)
    return known


def _add_value(attributes: dict[str, Value], row: AttributeValue) -> None:
    definition = row.attribute
    value = value_of(row)
    if definition.type == AttributeType.CHOICES:
        chosen = attributes.setdefault(definition.key, [])
        if isinstance(chosen, list):
            chosen.append(str(value))
    else:
        attributes[definition.key] = value


def value_of(row: AttributeValue) -> Value:
    """The typed value of a row; its `attribute` must be loaded."""
    if row.attribute.type == AttributeType.BOOLEAN:
        return bool(row.number)
    for value in (row.text, row.number, row.date, row.instant):
        if value is not None:
            return value
    return ""


def searched(contacts: ContactQuerySet, text: str) -> ContactQuerySet:
    """Contacts whose name, e-mail or phone contains, or external id begins with, every word."""
    for word in text.replace("\x00", " ").split()[:5]:
        contacts = contacts.filter(
            Q(email_key__contains=normalise(word))
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(external_id__startswith=word)
            | Q(phone__contains=word)
        )
    return contacts


def with_email(contacts: ContactQuerySet, email: str) -> ContactQuerySet:
    """Contacts whose current e-mail is this one."""
    return contacts.filter(email_key=email_key(email)) if email else contacts.none()


def with_tag(contacts: ContactQuerySet, workspace: Workspace, key: str) -> ContactQuerySet:
    """Contacts that have the tag now."""
    tagged = ContactTag.objects.in_workspace(workspace).filter(
        tag__in=Tag.objects.in_workspace(workspace).filter(key=key), valid_to=None
    )
    return contacts.filter(pk__in=tagged.values("contact"))


def with_category(contacts: ContactQuerySet, workspace: Workspace, key: str) -> ContactQuerySet:
    """Contacts that are in the category now."""
    held = ContactCategory.objects.in_workspace(workspace).filter(
        category__in=Category.objects.in_workspace(workspace).filter(key=key), valid_to=None
    )
    return contacts.filter(pk__in=held.values("contact"))


def with_attribute(
    contacts: ContactQuerySet, workspace: Workspace, definition: AttributeDefinition, text: str
) -> ContactQuerySet:
    """Contacts whose attribute is this value now; text compares as everywhere.

    Raises `ValueError` for a value the attribute can't have.
    """
    values = AttributeValue.objects.in_workspace(workspace).filter(
        attribute=definition, valid_to=None
    )
    match definition.type:
        case AttributeType.NUMBER:
            values = values.filter(number=float(text))
        case AttributeType.BOOLEAN:
            values = values.filter(number={"true": 1.0, "false": 0.0}.get(text.lower(), -1.0))
        case AttributeType.DATE:
            values = values.filter(date=date.fromisoformat(text))
        case AttributeType.DATETIME:
            values = values.filter(instant=datetime.fromisoformat(text))
        case _:
            wanted = normalise(text)
            values = values.filter(text_key=key_of(wanted), text_norm=wanted)
    return contacts.filter(pk__in=values.values("contact"))


def suppressions_of(workspace: Workspace, contact: Contact) -> list[Suppression]:
    """Why nothing may be sent to this contact's current addresses."""
    values = AttributeValue.objects.in_workspace(workspace).filter(
        contact=contact, address_hash__isnull=False, valid_to=None
    )
    hashes: dict[str, list[bytes]] = {}
    for key, digest in values.values_list("attribute__key", "address_hash"):
        hashes.setdefault(key, []).append(bytes(digest or b""))
    blocks = Suppression.objects.in_workspace(workspace).filter(
        Q(channel=Channel.EMAIL, address_hash__in=hashes.get("email", []))
        | Q(channel__in=[Channel.SMS, Channel.PHONE], address_hash__in=hashes.get("phone", [])),
        valid_to=None,
    )
    return list(blocks.order_by("channel", "valid_from"))


def consent_records_of(
    workspace: Workspace, contact: Contact, most: int | None = None
) -> list[ConsentRecord]:
    """What was said about consent, the latest received first; of those merged into them, too."""
    merged = Contact.objects.in_workspace(workspace).filter(merged_into=contact)
    own = Q(contact=contact) | Q(contact_id__in=merged.values("pk"))
    records = ConsentRecord.objects.in_workspace(workspace).filter(own)
    return list(records.order_by("-pk")[:most])


def named(workspace: Workspace, names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Live contacts with these external ids or e-mails, and the names that fit nobody.

    An e-mail that several contacts have names all of them.
    """
    contacts = Contact.objects.in_workspace(workspace).live()
    names = [name for name in names if name.strip() and "\x00" not in name]
    keys = {email_key(name): name for name in names}
    found = contacts.filter(Q(external_id__in=list(names)) | Q(email_key__in=list(keys)))
    ids: list[int] = []
    known: set[str] = set()
    for pk, external_id, email in found.values_list("pk", "external_id", "email_key"):
        ids.append(pk)
        known |= {external_id or "", keys.get(email, "")}
    return ids, [name for name in names if name not in known]


def members_in_order(workspace: Workspace, ids: Sequence[int]) -> list[Contact]:
    """Contacts in the order of their ids given."""
    found = Contact.objects.in_workspace(workspace).in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


def as_json(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
