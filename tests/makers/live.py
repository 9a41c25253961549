"""Live membership in tests: pulses by hand, and events held against a fresh evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segments.criteria.scope import Scope
from segments.engine.algebra import UNIVERSE
from segments.engine.leaves import fetch_sets
from segments.engine.sets import ContactSet
from segments.live.memory import LiveMemory
from segments.live.pulse import Pulse, advance_live
from segments.live.recording import contacts_of, fold
from segments.models import LiveMembers, LiveState, MembershipEvent, Segment
from segments.services.recounting import evaluate_segment
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


@dataclass
class Follower:
    """A process that follows one workspace."""

    workspace: Workspace
    memory: LiveMemory = field(init=False)

    def __post_init__(self) -> None:
        self.memory = LiveMemory(self.workspace)

    def pulse(self, now: datetime, *, is_timed: bool = True) -> Pulse:
        return advance_live(
            workspace=self.workspace, now=now, memory=self.memory, is_timed=is_timed
        )

    def moves(self, now: datetime, *, is_timed: bool = True) -> list[tuple[Any, ...]]:
        """What a pulse wrote: (segment id, direction, cause, contact ids)."""
        return told(self.pulse(now, is_timed=is_timed).events)


def told(events: Sequence[MembershipEvent]) -> list[tuple[Any, ...]]:
    return [
        (event.segment_id, event.direction, event.cause, contacts_of(event).id_list())
        for event in events
    ]


def events_of(workspace: Workspace) -> list[MembershipEvent]:
    """All events, in the order of their numbers."""
    with workspace_scope(workspace):
        return list(MembershipEvent.objects.order_by("number"))


def live_state(workspace: Workspace) -> LiveState:
    with workspace_scope(workspace):
        return LiveState.objects.get()


def members_by_events(workspace: Workspace) -> dict[int, set[int]]:
    """The fold of all events, contact by contact, checking each step."""
    members: dict[int, set[int]] = {}
    number = 0
    for event in events_of(workspace):
        ids = contacts_of(event).id_list()
        number += event.count
        assert (event.number, event.count) == (number, len(ids)), "numbers have no gaps"
        inside = members.setdefault(event.segment_id, set())
        if event.direction == "entered":
            assert inside.isdisjoint(ids), "nobody enters twice"
            inside.update(ids)
        else:
            assert inside.issuperset(ids), "nobody leaves who wasn't in"
            inside.difference_update(ids)
    return members


def check_live(workspace: Workspace, as_of: datetime, memory: LiveMemory | None = None) -> None:
    """Events, sizes, checkpoint and memory say what a fresh evaluation says, for live segments."""
    members = members_by_events(workspace)
    with workspace_scope(workspace):
        stored = {row.segment_id: row for row in LiveMembers.objects.all()}
        taken_over = fold(workspace=workspace)
        for segment in Segment.objects.exclude(schedule="none").filter(archived_at=None):
            inside = members.get(segment.pk, set())
            fresh = evaluate_segment(segment=segment, workspace=workspace, as_of=as_of)
            assert inside == set(fresh.members.ids()), segment.name
            assert stored[segment.pk].size == len(inside)
            assert set(taken_over[segment.pk].members.ids()) == inside
            if memory is not None:
                assert memory.followed[segment.pk].members == fresh.members
                assert memory.followed[segment.pk].size == len(inside)
        if memory is not None:
            check_leaves(memory, as_of)


def check_leaves(memory: LiveMemory, as_of: datetime) -> None:
    """Every leaf set in memory is what asking anew answers, of contacts that are there."""
    scope = Scope(memory.workspace, as_of)
    held = memory.pool.held
    fresh = fetch_sets({name: memory.pool.makes[name](scope) for name in held}, scope)
    assert held[UNIVERSE].members == fresh[UNIVERSE]
    universe = fresh[UNIVERSE]
    wrong = {name: ((held[name].members ^ fresh[name]) & universe).id_list() for name in held}
    assert not any(wrong.values()), wrong


def set_of(workspace: Workspace, ids: Sequence[int]) -> ContactSet:
    return ContactSet.from_ids(workspace.pk, ids)
