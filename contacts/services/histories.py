"""Histories of a batch's contacts: loaded before it, written after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import models

from contacts.bulk import insert_rows, update_rows
from contacts.models import (
    AttributeValue,
    Consent,
    ContactCategory,
    ContactTag,
)
from contacts.periods import Period, Timeline
from contacts.services.consent_records import record_consents
from contacts.services.identity import Draft
from contacts.text import key_of
from contacts.values import StoredValue
from workspaces.tenancy import WorkspaceModel

Details = tuple[Any, ...]


def load_attributes(
    workspace_id: int, drafts: Mapping[int, Draft], attribute_ids: Collection[int]
) -> None:
    """The histories of some attributes of some contacts."""
    rows = AttributeValue.objects.in_workspace(workspace_id).filter(
        contact_id__any_of=drafts, attribute_id__any_of=attribute_ids
    )
    for row in rows.order_by("valid_from").values_list(
        "contact_id",
        "attribute_id",
        "slot",
        "text",
        "text_norm",
        "number",
        "date",
        "instant",
        "address_hash",
        *_SPAN,
        named=False,
    ):
        contact_id, attribute_id, slot, text, norm, number, date, instant, digest, *span = row
        address_hash = None if digest is None else bytes(digest)
        value = StoredValue(text, norm, number, date, instant, address_hash)
        slots = drafts[contact_id].attributes.setdefault(attribute_id, {})
        slots.setdefault(slot, Timeline()).add_stored(_period(value, span))


def load_tags(workspace_id: int, drafts: Mapping[int, Draft], keys: Collection[str]) -> None:
    """The histories of some tags on some contacts."""
    rows = ContactTag.objects.in_workspace(workspace_id).filter(
        contact_id__any_of=drafts,
        tag__key__any_of=keys,
        tag__workspace_id=workspace_id,
    )
    for contact_id, key, *span in rows.order_by("valid_from").values_list(
        "contact_id", "tag__key", *_SPAN
    ):
        timeline = drafts[contact_id].tags.setdefault(key, Timeline())
        timeline.add_stored(_period(True, span))


def load_categories(workspace_id: int, drafts: Mapping[int, Draft]) -> None:
    """The histories of every category of some contacts."""
    rows = ContactCategory.objects.in_workspace(workspace_id).filter(contact_id__any_of=drafts)
    for contact_id, category_id, *span in rows.order_by("valid_from").values_list(
        "contact_id", "category_id", *_SPAN
    ):
        timeline = drafts[contact_id].categories.setdefault(category_id, Timeline())
        timeline.add_stored(_period(True, span))


def load_consents(workspace_id: int, drafts: Mapping[int, Draft]) -> None:
    """The histories of every consent of some contacts."""
    rows = Consent.objects.in_workspace(workspace_id).filter(contact_id__any_of=drafts)
    for contact_id, channel, topic, status, source, ip, wording, *span in rows.order_by(
        "valid_from"
    ).values_list(
        "contact_id",
        "channel",
        "topic",
        "status",
        "source",
        "ip_address",
        "wording",
        *_SPAN,
    ):
        timeline = drafts[contact_id].consents.setdefault((channel, topic), Timeline())
        timeline.add_stored(_period(status, span, (source, ip, wording)))


_SPAN = ("id", "valid_from", "valid_to", "confirmations", "observed_at")


def _period(value: Any, span: Sequence[Any], details: Details = ()) -> Period[Any]:
    """A stored row: its value, and its `_SPAN`."""
    row_id, start, end, between, confirmed_at = span
    confirmations = tuple(between or ())
    if confirmed_at is not None and confirmed_at > start:
        confirmations = (*confirmations, confirmed_at)
    return Period(value, start, end, confirmations, details, row_id)


def write_attributes(workspace_id: int, drafts: Iterable[Draft]) -> None:
    """Store what changed in attributes."""

    def timelines() -> Iterator[tuple[Details, Timeline[StoredValue]]]:
        for draft in drafts:
            for attribute_id, slots in draft.attributes.items():
                for slot, timeline in slots.items():
                    yield (draft.id, attribute_id, slot), timeline

    def columns(period: Period[StoredValue]) -> Details:
        norm = period.value.text_norm
        return (*period.value, None if norm is None else key_of(norm))

    fields = ("contact", "attribute", "slot", *StoredValue._fields, "text_key")
    _write(AttributeValue, workspace_id, fields, timelines(), columns)


def write_tags(
    workspace_id: int, drafts: Iterable[Draft], tag_ids: Mapping[str, int], source: str
) -> None:
    """Store what changed in tags."""
    timelines = (
        ((draft.id, tag_ids[key]), timeline)
        for draft in drafts
        for key, timeline in draft.tags.items()
        if key in tag_ids
    )
    _write(ContactTag, workspace_id, ("contact", "tag", "source"), timelines, lambda _: (source,))


def write_categories(workspace_id: int, drafts: Iterable[Draft], source: str) -> None:
    """Store what changed in categories."""
    timelines = (
        ((draft.id, category_id), timeline)
        for draft in drafts
        for category_id, timeline in draft.categories.items()
    )
    fields = ("contact", "category", "source")
    _write(ContactCategory, workspace_id, fields, timelines, lambda _: (source,))


def write_consents(workspace_id: int, drafts: Collection[Draft]) -> None:
    """Store what changed in consents, and add what was said to the record of it."""
    record_consents(workspace_id, drafts)
    timelines = (
        ((draft.id, channel, topic), timeline)
        for draft in drafts
        for (channel, topic), timeline in draft.consents.items()
    )
    fields = ("contact", "channel", "topic", "status", "source", "ip_address", "wording")
    _write(
        Consent,
        workspace_id,
        fields,
        timelines,
        lambda period: (period.value, *(period.details or ("", None, ""))),
    )


_VALIDITY = ("valid_from", "valid_to", "confirmations", "observed_at")


def _validity(period: Period[Any]) -> Details:
    between = period.confirmations[:-1] or None
    return period.start, period.end, between, period.confirmed_at


def _write(
    model: type[WorkspaceModel],
    workspace_id: int,
    fields: Sequence[str],
    timelines: Iterable[tuple[Details, Timeline[Any]]],
    columns: Callable[[Period[Any]], Details],
) -> None:
    """Delete, then close, then open, then insert: one row at most is ever the current one."""
    deleted: list[int] = []
    closed: list[Details] = []
    opened: list[Details] = []
    new: list[Details] = []
    for keys, timeline in timelines:
        if not timeline.is_touched:
            continue
        rows = timeline.rows()
        deleted += rows.deleted
        for period in rows.changed:
            changed = opened if period.end is None else closed
            changed.append((period.row_id, *_validity(period)))
        new += [(*keys, *columns(period), *_validity(period)) for period in rows.added]
    if deleted:
        _rows(model, workspace_id).filter(pk__any_of=deleted).delete()
    update_rows(model, workspace_id, _VALIDITY, closed)
    update_rows(model, workspace_id, _VALIDITY, opened)
    insert_rows(model, workspace_id, (*fields, *_VALIDITY), new)


def _rows(model: type[WorkspaceModel], workspace_id: int) -> models.QuerySet[Any]:
    return model.objects.in_workspace(workspace_id)
