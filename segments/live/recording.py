"""Writes events, and now and then who is in: the events are the log, members a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from contacts.bulk import update_rows
from contacts.models import NUMBER_BITS
from segments.engine.sets import ContactSet
from segments.live.causes import Because
from segments.live.following import Followed
from segments.models import (
    LiveMembers,
    LiveState,
    MembershipDirection,
    MembershipEvent,
)
from workspaces.models import Workspace

# From here on contacts that went the same way for the same reason are one row.
MANY = 200

# Members are written after so many rows of events, so that a takeover reads few of them.
SAVE_AFTER_ROWS = 20_000


@dataclass(frozen=True)
class Move:
    """Contacts that went one way in one segment for one reason."""

    segment_id: int
    version_number: int
    direction: MembershipDirection
    because: Because


def write_events(
    *, workspace: Workspace, state: LiveState, moves: Iterable[Move], as_of: datetime
) -> list[MembershipEvent]:
    """Number the moves on from the state's last number and store them."""
    events = [event for move in moves for event in _events_of(workspace, move, as_of)]
    for event in events:
        state.last_number += event.count
        event.number = state.last_number
    MembershipEvent.objects.bulk_create(events, batch_size=1_000)
    return events


def _events_of(workspace: Workspace, move: Move, as_of: datetime) -> list[MembershipEvent]:
    numbers = np.sort(move.because.numbers)
    common = {
        "workspace_id": workspace.pk,
        "segment_id": move.segment_id,
        "direction": move.direction,
        "cause": move.because.cause,
        "reason": move.because.reason,
        "version_number": move.version_number,
        "as_of": as_of,
    }
    if numbers.size >= MANY:
        contacts = ContactSet.from_numbers(workspace.pk, numbers.astype(np.int32))
        bits = contacts.to_bytes()
        return [MembershipEvent(**common, contacts=bits, count=int(numbers.size))]
    base = workspace.pk << NUMBER_BITS
    return [MembershipEvent(**common, contact_id=base | number) for number in numbers.tolist()]


def contacts_of(event: MembershipEvent) -> ContactSet:
    """Whom an event is about."""
    if event.contacts is not None:
        return ContactSet.from_bytes(event.workspace_id, event.contacts)
    return ContactSet.from_ids(event.workspace_id, [event.contact_id or 0])


def save_sizes(*, workspace: Workspace, followed: Iterable[Followed]) -> None:
    """The size stands beside the checkpoint, true with every event."""
    rows = [(each.row_id, each.size) for each in followed if each.row_id is not None]
    update_rows(LiveMembers, workspace.pk, ("size",), rows)


def save_members(
    *, workspace: Workspace, followed: Iterable[Followed], last_number: int, now: datetime
) -> None:
    """Write who is in, as the events up to the number say."""
    for each in followed:
        row, _created = LiveMembers.objects.in_workspace(workspace).update_or_create(
            workspace=workspace,
            segment_id=each.segment_id,
            defaults={
                "version_number": each.version_number,
                "is_live": each.is_live,
                "last_number": last_number,
                "members": each.members.pack(),
                "size": each.size,
                "saved_at": now,
            },
        )
        each.row_id = row.pk
        each.is_moved = False


def save_all(
    *, workspace: Workspace, followed: Iterable[Followed], last_number: int, now: datetime
) -> None:
    """A checkpoint of a whole workspace: whoever takes over replays only what comes after it."""
    live = [each for each in followed if each.is_live]
    moved = [each for each in live if each.is_moved]
    save_members(workspace=workspace, followed=moved, last_number=last_number, now=now)
    LiveMembers.objects.in_workspace(workspace).filter(is_live=True).update(last_number=last_number)


def fold(*, workspace: Workspace) -> dict[int, Followed]:
    """Who is in each segment ever followed: the members last written, and the events since."""
    rows = list(LiveMembers.objects.in_workspace(workspace))
    found = {
        row.segment_id: Followed(
            segment_id=row.segment_id,
            version_number=row.version_number,
            members=ContactSet.unpack(workspace.pk, row.members),
            is_live=row.is_live,
            row_id=row.pk,
        )
        for row in rows
    }
    _replay(workspace, found, {row.segment_id: row.last_number for row in rows if row.is_live})
    for each in found.values():
        each.size = len(each.members)
    return found


def _replay(
    workspace: Workspace, found: Mapping[int, Followed], written: Mapping[int, int]
) -> None:
    """Bring members up to the newest event. Of single contacts the latest word counts."""
    if not written:
        return
    events = MembershipEvent.objects.in_workspace(workspace).filter(
        number__gt=min(written.values())
    )
    latest: dict[int, dict[int, bool]] = {}
    for event in events.order_by("number").iterator():
        if event.number <= written.get(event.segment_id, event.number):
            continue
        followed = found[event.segment_id]
        has_entered = event.direction == MembershipDirection.ENTERED
        followed.version_number, followed.is_moved = event.version_number, True
        if event.contacts is None:
            latest.setdefault(event.segment_id, {})[event.contact_id or 0] = has_entered
            continue
        members = _with(followed.members, latest.pop(event.segment_id, {}))
        many = contacts_of(event)
        followed.members = members | many if has_entered else members - many
    for segment_id, told in latest.items():
        found[segment_id].members = _with(found[segment_id].members, told)


def _with(members: ContactSet, latest: Mapping[int, bool]) -> ContactSet:
    told = ContactSet.from_ids(members.workspace_id, latest)
    entered = [pk for pk, has_entered in latest.items() if has_entered]
    return members.with_answers(told, ContactSet.from_ids(members.workspace_id, entered))
