"""The rights of a person: everything we hold, handed over or erased."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from contacts.models import (
    AttributeValue,
    ChangeKind,
    Consent,
    ConsentRecord,
    Contact,
    ContactCategory,
    ContactTag,
    ListEntry,
    RejectedRow,
    StatedAbsence,
)
from contacts.reading import consent_records_of
from contacts.registry import erasers, exporters
from contacts.services.changes import touch_contacts
from contacts.services.identity import SHOWN
from workspaces.audit import record_audit
from workspaces.models import Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

_OWN_TABLES = (AttributeValue, ContactTag, ContactCategory, Consent, ListEntry, StatedAbsence)


def erase_contact(
    *, workspace: Workspace, contact_id: int, now: datetime, actor: Actor | None = None
) -> None:
    """Erase everything personal of a contact, in every app, and of those merged into it.

    What stays: the empty row (its number is never used again), facts the apps keep without a
    person (sums), and suppressions, which are hashes, so that the address stays blocked. Raises
    `Contact.DoesNotExist`.
    """
    with workspace_scope(workspace):
        contacts = Contact.objects.in_workspace(workspace)
        contact = contacts.filter(erased_at=None).select_for_update().get(pk=contact_id)
        merged = list(contacts.filter(merged_into=contact).select_for_update())
        for each in (contact, *merged):
            _erase_one(workspace, each, now)
        ids = [each.pk for each in (contact, *merged)]
        touch_contacts(workspace=workspace, contact_ids=ids, kind=ChangeKind.CONTACT)
        if actor is not None:
            record_audit(
                actor=actor,
                action="contact.erased",
                now=now,
                details={"contact": contact_id},
            )


def _erase_one(workspace: Workspace, contact: Contact, now: datetime) -> None:
    for erase in erasers:
        erase(workspace=workspace, contact_id=contact.pk)
    for model in _OWN_TABLES:
        model._default_manager.filter(workspace=workspace, contact_id=contact.pk).delete()
    for text in filter(None, (contact.email, contact.external_id)):
        rejected = RejectedRow.objects.in_workspace(workspace)
        rejected.filter(row__icontains=text).delete()
    contact.external_id = None
    contact.erased_at = now
    for name in (*SHOWN, "email_key"):
        setattr(contact, name, "")
    contact.save()
    # The record of consents can't be taken away from anybody who is still there.
    ConsentRecord.objects.in_workspace(workspace).filter(contact_id=contact.pk).delete()


def export_contact(
    *, workspace: Workspace, contact_id: int, now: datetime, actor: Actor | None = None
) -> dict[str, Any]:
    """Everything we hold of a contact, as JSON. Raises `Contact.DoesNotExist`."""
    with workspace_scope(workspace):
        contact = Contact.objects.in_workspace(workspace).live().get(pk=contact_id)
        document: dict[str, Any] = {
            "id": contact.pk,
            "external_id": contact.external_id,
            "known_since": contact.known_since.isoformat(),
            "created_at": contact.created_at.isoformat(),
            "created_by": contact.created_by,
            "exported_at": now.isoformat(),
            "attributes": _attributes(workspace, contact),
            "tags": _labels(ContactTag, workspace, contact, "tag"),
            "categories": _labels(ContactCategory, workspace, contact, "category"),
            "consents": _consents(workspace, contact),
            "consent_records": _consent_records(workspace, contact),
            "lists": _lists(workspace, contact),
        }
        for export in exporters:
            document |= dict(export(workspace=workspace, contact_id=contact_id))
        if actor is not None:
            record_audit(
                actor=actor,
                action="contact.exported",
                now=now,
                details={"contact": contact_id},
            )
        return document


def _period(start: datetime, end: datetime | None) -> dict[str, Any]:
    return {"from": start.isoformat(), "to": None if end is None else end.isoformat()}


def _attributes(workspace: Workspace, contact: Contact) -> list[dict[str, Any]]:
    rows = AttributeValue.objects.in_workspace(workspace).filter(contact=contact)
    return [
        {
            "attribute": row.attribute.key,
            "value": stored_value(row),
            **_period(row.valid_from, row.valid_to),
        }
        for row in rows.select_related("attribute").order_by("attribute_id", "valid_from", "id")
    ]


def stored_value(row: AttributeValue) -> str | float | None:
    """The value as JSON holds it."""
    if row.text is not None:
        return row.text
    if row.number is not None:
        return row.number
    moment: date | None = row.date or row.instant
    return None if moment is None else moment.isoformat()


def _labels(
    model: type[ContactTag] | type[ContactCategory],
    workspace: Workspace,
    contact: Contact,
    name: str,
) -> list[dict[str, Any]]:
    rows = model._default_manager.filter(workspace=workspace, contact=contact)
    found = rows.order_by("valid_from", "id").values_list(
        f"{name}__key", f"{name}__name", "valid_from", "valid_to"
    )
    return [{"key": key, "name": label, **_period(start, end)} for key, label, start, end in found]


def _consents(workspace: Workspace, contact: Contact) -> list[dict[str, Any]]:
    rows = Consent.objects.in_workspace(workspace).filter(contact=contact)
    return [
        {
            "channel": row.channel,
            "topic": row.topic,
            "status": row.status,
            "source": row.source,
            "ip": row.ip_address,
            "wording": row.wording,
            **_period(row.valid_from, row.valid_to),
        }
        for row in rows.order_by("valid_from", "id")
    ]


def _consent_records(workspace: Workspace, contact: Contact) -> list[dict[str, Any]]:
    return [
        {
            "channel": row.channel,
            "topic": row.topic,
            "status": row.status,
            "source": row.source,
            "ip": row.ip_address,
            "wording": row.wording,
            "stated_at": row.stated_at.isoformat(),
            "recorded_at": row.recorded_at.isoformat(),
        }
        for row in consent_records_of(workspace, contact)
    ]


def _lists(workspace: Workspace, contact: Contact) -> list[dict[str, Any]]:
    rows = ListEntry.objects.in_workspace(workspace).filter(contact=contact)
    return [
        {"list": row.static_list.name, **_period(row.valid_from, row.valid_to)}
        for row in rows.select_related("static_list").order_by("valid_from", "id")
    ]
