"""One stream of everything that happened to a contact, from this app and those above."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    AttributeType,
    AttributeValue,
    Consent,
    Contact,
    ContactCategory,
    ContactTag,
    ListEntry,
)
from contacts.reading import value_of
from contacts.registry import TimelineEntry, timeline_sources
from workspaces.models import Workspace

PAGE_SIZE = 50

OWN_KINDS: dict[str, Promise] = {
    "details": _("Details"),
    "tags": _("Tags and lists"),
    "consents": _("Consent"),
}


@dataclass(frozen=True)
class TimelinePage:
    """Entries, newest first; `older_than` is where the next page begins, or None."""

    entries: Sequence[TimelineEntry]
    older_than: datetime | None


def timeline_kinds() -> dict[str, Any]:
    """Every kind of entry by key, with its name."""
    kinds: dict[str, Any] = {}
    for source in timeline_sources:
        kinds |= dict(source.kinds)
    return kinds | OWN_KINDS


def read_timeline(
    *,
    workspace: Workspace,
    contact: Contact,
    before: datetime,
    kinds: Iterable[str] = (),
    limit: int = PAGE_SIZE,
) -> TimelinePage:
    """What happened to a contact before an instant; no kinds given means all of them.

    A page holds `limit` entries, and those of the same instant as its last.
    """
    wanted = frozenset(kinds) or frozenset(timeline_kinds())
    streams = [_own_entries(workspace, contact, before, wanted, limit + 1)]
    for source in timeline_sources:
        asked = wanted & frozenset(source.kinds)
        if asked:
            streams.append(
                list(
                    source.entries(
                        workspace=workspace,
                        contact=contact,
                        before=before,
                        kinds=asked,
                        limit=limit + 1,
                    )
                )
            )
    merged = list(heapq.merge(*streams, key=lambda entry: entry.at, reverse=True))
    if len(merged) <= limit:
        return TimelinePage(merged, None)
    last = merged[limit - 1].at
    page = [entry for entry in merged if entry.at >= last]
    return TimelinePage(page, last if len(page) < len(merged) else None)


def _own_entries(
    workspace: Workspace, contact: Contact, before: datetime, kinds: frozenset[str], limit: int
) -> list[TimelineEntry]:
    entries: list[TimelineEntry] = []
    if "details" in kinds:
        entries += _details(workspace, contact, before)
        entries += _creation(contact)
    if "tags" in kinds:
        entries += _labels(ContactTag, "tag", "tag", _TAG_TEXTS, workspace, contact)
        entries += _labels(
            ContactCategory, "category", "folder", _CATEGORY_TEXTS, workspace, contact
        )
        entries += _labels(ListEntry, "static_list", "list", _LIST_TEXTS, workspace, contact)
    if "consents" in kinds:
        entries += _consents(workspace, contact)
    past = (entry for entry in entries if entry.at < before)
    return list(islice(sorted(past, key=lambda entry: entry.at, reverse=True), limit))


_SOURCES: Mapping[str, Any] = {
    "api": _("over the API"),
    "import": _("by an import"),
    "form": _("by hand"),
    "tracker": _("by the tracker"),
    "demo": _("with the demo shop"),
    "merge": _("by a merge"),
}


def _creation(contact: Contact) -> list[TimelineEntry]:
    how = _SOURCES.get(contact.created_by, contact.created_by)
    title = gettext("Added here %(how)s") % {"how": how}
    return [TimelineEntry(at=contact.created_at, kind="details", icon="user-plus", title=title)]


def _details(workspace: Workspace, contact: Contact, before: datetime) -> list[TimelineEntry]:
    """Attributes: what one statement changed is one entry."""
    values = list(
        AttributeValue.objects.in_workspace(workspace)
        .filter(contact=contact, valid_from__lt=before)
        .select_related("attribute")
        .order_by("valid_from", "attribute_id", "slot")
    )
    starts = {(value.attribute_id, value.slot, value.valid_from) for value in values}
    lines: dict[datetime, list[str]] = {}
    for (start, _key), given in groupby(values, key=lambda row: (row.valid_from, row.attribute_id)):
        rows = list(given)
        label = gettext(rows[0].attribute.label)
        lines.setdefault(start, []).append(f"{label}: {', '.join(shown(row) for row in rows)}")
    for value in values:
        label = gettext(value.attribute.label)
        is_replaced = (value.attribute_id, value.slot, value.valid_to) in starts
        if value.valid_to is not None and not is_replaced:
            text = gettext("%(detail)s taken away: %(value)s")
            lines.setdefault(value.valid_to, []).append(
                text % {"detail": label, "value": shown(value)}
            )
    return [_detail_entry(at, changed) for at, changed in lines.items()]


def _detail_entry(at: datetime, lines: Sequence[str]) -> TimelineEntry:
    if len(lines) == 1:
        return TimelineEntry(at=at, kind="details", icon="pencil", title=lines[0])
    title = ngettext("%(count)s detail", "%(count)s details", len(lines)) % {"count": len(lines)}
    return TimelineEntry(at=at, kind="details", icon="pencil", title=title, details=tuple(lines))


_TAG_TEXTS = (_("Tag %(name)s put on"), _("Tag %(name)s taken off"))
_CATEGORY_TEXTS = (_("Put into category %(name)s"), _("Taken out of category %(name)s"))
_LIST_TEXTS = (_("Put on list %(name)s"), _("Taken off list %(name)s"))


def _labels(
    model: type[ContactTag] | type[ContactCategory] | type[ListEntry],
    field: str,
    icon: str,
    texts: tuple[Promise, Promise],
    workspace: Workspace,
    contact: Contact,
) -> list[TimelineEntry]:
    rows = model._default_manager.filter(workspace=workspace, contact=contact)
    names: dict[tuple[datetime, int], list[str]] = {}
    found = rows.order_by(f"{field}__name").values_list(f"{field}__name", "valid_from", "valid_to")
    for name, start, end in found:
        names.setdefault((start, 0), []).append(name)
        if end is not None:
            names.setdefault((end, 1), []).append(name)
    return [
        TimelineEntry(
            at=at, kind="tags", icon=icon, title=str(texts[which]) % {"name": ", ".join(given)}
        )
        for (at, which), given in names.items()
    ]


def _consents(workspace: Workspace, contact: Contact) -> list[TimelineEntry]:
    rows = Consent.objects.in_workspace(workspace).filter(contact=contact)
    return [
        TimelineEntry(
            at=row.valid_from,
            kind="consents",
            icon="shield-check" if row.status == "granted" else "shield",
            title=gettext("Consent for %(channel)s: %(status)s")
            % {"channel": row.get_channel_display(), "status": row.get_status_display()},
            details=tuple(
                str(part)
                for part in (
                    row.topic,
                    _SOURCES.get(row.source, row.source),
                    row.wording,
                    row.ip_address,
                )
                if part
            ),
        )
        for row in rows
    ]


def shown(row: AttributeValue) -> str:
    """A value as people read it; its `attribute` must be loaded."""
    value = value_of(row)
    if row.attribute.type == AttributeType.BOOLEAN:
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, float):
        return number_format(int(value) if value.is_integer() else value, use_l10n=True)
    labels = {option["key"]: option["label"] for option in row.attribute.options}
    text = str(value)
    return gettext(labels[text]) if text in labels else text


def by_day(entries: Iterable[TimelineEntry]) -> list[tuple[date, list[TimelineEntry]]]:
    """Entries under the local day they happened on."""
    days = groupby(entries, key=lambda entry: timezone.localtime(entry.at).date())
    return [(day, list(found)) for day, found in days]
