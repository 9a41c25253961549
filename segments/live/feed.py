"""Reading events: a feed in the order of their numbers, and the newest for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BinaryField, F, Func, Q, QuerySet, TextField, Value

from contacts.models import NUMBER_BITS, NUMBER_MASK, Contact
from segments.criteria.tree import InvalidTree, Leaf, Node, SegmentNode, Tree, parse_tree
from segments.live.recording import contacts_of
from segments.models import (
    LiveMembers,
    LiveState,
    MembershipEvent,
    Segment,
    SegmentVersion,
)
from segments.sentence import say_row
from workspaces.models import Workspace

# The two digits of a byte that has this bit.
_BYTES_WITH_BIT = {
    bit: tuple(f"{byte:02x}" for byte in range(256) if byte >> bit & 1) for bit in range(8)
}


@dataclass(frozen=True)
class FeedFilters:
    """What of the feed is wanted; None: all."""

    segment_id: int | None = None
    contact_id: int | None = None
    cause: str | None = None
    direction: str | None = None


@dataclass(frozen=True)
class Change:
    """One contact that entered or left."""

    number: int
    contact_id: int
    event: MembershipEvent


@dataclass(frozen=True)
class FeedPage:
    """Changes after a number. Nothing up to `last` that fits the filters is missing."""

    changes: Sequence[Change]
    last: int
    has_more: bool


def read_feed(*, workspace: Workspace, after: int, limit: int, filters: FeedFilters) -> FeedPage:
    """The first changes after a number, contact by contact."""
    # Read first: what is numbered later than this may be left out, what is before it can't be.
    newest = last_number(workspace)
    events = _filtered(workspace, filters).filter(number__gt=after, number__lte=newest)
    changes: list[Change] = []
    # One row more than fits tells that there is more, and one may lie all before the number.
    for event in events.order_by("number")[: limit + 2].iterator(chunk_size=50):
        for change in _expand(event, after, filters.contact_id):
            if len(changes) == limit:
                return FeedPage(changes, changes[-1].number, has_more=True)
            changes.append(change)
    return FeedPage(changes, newest, has_more=False)


def last_number(workspace: Workspace) -> int:
    """The number of the newest change."""
    states = LiveState.objects.in_workspace(workspace)
    return states.values_list("last_number", flat=True).first() or 0


def _filtered(workspace: Workspace, filters: FeedFilters) -> QuerySet[MembershipEvent]:
    events: QuerySet[MembershipEvent] = MembershipEvent.objects.in_workspace(workspace)
    if filters.segment_id is not None:
        events = events.filter(segment_id=filters.segment_id)
    if filters.cause:
        events = events.filter(cause=filters.cause)
    if filters.direction:
        events = events.filter(direction=filters.direction)
    if filters.contact_id is not None:
        events = _about(events, filters.contact_id)
    return events


def _about(events: QuerySet[MembershipEvent], contact_id: int) -> QuerySet[MembershipEvent]:
    """Events about a contact, alone or among many: of those only one byte is read."""
    byte, bit = divmod(contact_id & NUMBER_MASK, 8)
    one = Func(
        F("contacts"), Value(byte + 1), Value(1), function="substr", output_field=BinaryField()
    )
    digits = Func(one, Value("hex"), function="encode", output_field=TextField())
    return events.alias(digits=digits).filter(
        Q(contact_id=contact_id) | Q(contact_id__isnull=True, digits__in=_BYTES_WITH_BIT[bit])
    )


def _expand(event: MembershipEvent, after: int, only: int | None) -> Iterator[Change]:
    """The changes of a row after a number; of many contacts, by contact number."""
    first = event.number - event.count + 1
    if event.contacts is None:
        yield Change(event.number, event.contact_id or 0, event)
        return
    base = event.workspace_id << NUMBER_BITS
    numbers = contacts_of(event).numbers().tolist()
    for number, contact_number in enumerate(
        numbers[max(0, after - first + 1) :], max(first, after + 1)
    ):
        contact_id = base | contact_number
        if only is None or contact_id == only:
            yield Change(number, contact_id, event)


@dataclass(frozen=True)
class LiveSize:
    """How many are in a segment by its events; `number` is that of the newest one."""

    size: int
    number: int
    as_of: datetime


def live_size(*, workspace: Workspace, segment: Segment) -> LiveSize | None:
    """The size now; None where the segment isn't followed (yet)."""
    members = LiveMembers.objects.in_workspace(workspace).filter(segment=segment, is_live=True)
    size = members.values_list("size", flat=True).first()
    as_of = LiveState.objects.in_workspace(workspace).values_list("as_of", flat=True).first()
    if size is None or as_of is None:
        return None
    events = MembershipEvent.objects.in_workspace(workspace).filter(segment=segment)
    newest = events.order_by("-number").values_list("number", flat=True).first()
    return LiveSize(size, newest or 0, as_of)


# --- For people -----------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownChange:
    """An event as the page shows it; `contact` is None for many, and for one that is gone."""

    event: MembershipEvent
    contact: Contact | None
    merged_into: Contact | None
    rows: Sequence[tuple[str, bool]]  # parts of the sentence that flipped; whether they hold now
    kinds: Sequence[str]


def newest_changes(
    *,
    workspace: Workspace,
    filters: FeedFilters,
    before: int | None = None,
    newer_than: int | None = None,
    limit: int = 50,
) -> list[ShownChange]:
    """The newest events first; those about many contacts stay one."""
    events = _filtered(workspace, filters).defer("contacts")
    if before is not None:
        events = events.filter(number__lt=before)
    if newer_than is not None:
        events = events.filter(number__gt=newer_than)
    found = list(events.order_by("-number")[:limit])
    people = _people(workspace, found)
    rows = _rows_of_versions(workspace, found)
    return [
        ShownChange(
            event=event,
            contact=people.get(event.contact_id or 0),
            merged_into=people.get(event.reason.get("merged_into") or 0),
            rows=_flipped_rows(event, rows.get((event.segment_id, event.version_number), {})),
            kinds=event.reason.get("kinds", ()),
        )
        for event in found
    ]


def _flipped_rows(event: MembershipEvent, said: Mapping[str, str]) -> list[tuple[str, bool]]:
    flipped = event.reason.get("leaves", ())
    return [(said[row["path"]], row["holds"]) for row in flipped if row["path"] in said]


def _people(workspace: Workspace, events: Sequence[MembershipEvent]) -> dict[int, Contact]:
    ids = {event.contact_id or 0 for event in events}
    ids |= {event.reason.get("merged_into") or 0 for event in events}
    contacts = Contact.objects.in_workspace(workspace).live().filter(pk__in=ids)
    return {contact.pk: contact for contact in contacts}


def _rows_of_versions(
    workspace: Workspace, events: Sequence[MembershipEvent]
) -> dict[tuple[int, int], Mapping[str, str]]:
    """What each row of the definitions in force then says, by path."""
    wanted = {(e.segment_id, e.version_number) for e in events if e.reason.get("leaves")}
    conditions = Q(pk__in=[])
    for segment_id, number in wanted:
        conditions |= Q(segment_id=segment_id, number=number)
    versions = SegmentVersion.objects.in_workspace(workspace).filter(conditions)
    return {(version.segment_id, version.number): _said(workspace, version) for version in versions}


def _said(workspace: Workspace, version: SegmentVersion) -> dict[str, str]:
    try:
        tree: Tree = parse_tree(version.definition.get("where"), workspace=workspace)
    except InvalidTree:  # what it named is gone
        return {}
    speech = tree.speech(workspace.base_currency)
    return {row.path: say_row(row, speech) for row in _rows(tree)}


def _rows(tree: Tree) -> Iterator[Leaf | SegmentNode]:
    nodes: Iterator[Node] = tree.nodes()
    for node in nodes:
        if isinstance(node, Leaf | SegmentNode) and not node.is_disabled:
            yield node


def document_of(change: Change, external_id: str | None) -> dict[str, Any]:
    """A change as REST gives it."""
    event = change.event
    return {
        "number": change.number,
        "segment": event.segment_id,
        "contact": change.contact_id,
        "external_id": external_id,
        "direction": event.direction,
        "cause": event.cause,
        "reason": event.reason,
        "version": event.version_number,
        "as_of": event.as_of,
    }


def external_ids(workspace: Workspace, changes: Sequence[Change]) -> dict[int, str | None]:
    """The shop's own ids of contacts that are still here."""
    ids = {change.contact_id for change in changes}
    contacts = Contact.objects.in_workspace(workspace).live().filter(pk__in=ids)
    return dict(contacts.values_list("pk", "external_id"))
