"""What a process keeps of a workspace between pulses: leaf sets, trees and members.

It is worth nothing unless the workspace's row still stands where this process left it; whoever
finds it elsewhere (another process went on) loads anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from segments.engine.pool import LeafPool
from segments.engine.positions import Position, Snapshot
from segments.live.following import Definitions, Followed
from segments.live.recording import fold
from segments.models import LiveState
from workspaces.models import Workspace


@dataclass
class LiveMemory:
    """Made empty; the first pulse loads it."""

    workspace: Workspace
    pool: LeafPool = field(init=False)
    definitions: Definitions = field(init=False)
    followed: dict[int, Followed] = field(default_factory=dict)
    mark: tuple[datetime | None, str] | None = None
    checked_at: datetime | None = None  # counts up to then were compared
    unsaved: int = 0  # rows of events since all members were written

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Nothing here can be trusted any more."""
        self.pool = LeafPool(self.workspace)
        self.definitions = Definitions(self.workspace)
        self.followed = {}
        self.mark = None
        self.checked_at = None
        self.unsaved = 0

    def is_current(self, state: LiveState) -> bool:
        """Whether nobody went on since this was left."""
        return self.mark is not None and self.mark == mark_of(state)

    def load(self) -> None:
        """Members by the events so far; leaf sets come with the pulse."""
        self.forget()
        self.followed = fold(workspace=self.workspace)

    @property
    def megabytes(self) -> float:
        """About how much memory the sets take."""
        held = sum(each.members.bits.nbytes for each in self.pool.held.values())
        members = sum(each.members.bits.nbytes for each in self.followed.values())
        return (held + members) / 1e6


def mark_of(state: LiveState) -> tuple[datetime | None, str]:
    return (state.as_of, state.snapshot)


def position_of(state: LiveState) -> Position | None:
    """Where the last pulse stood; None before the first."""
    if state.as_of is None or not state.snapshot:
        return None
    return Position(state.as_of, Snapshot.read(state.snapshot))
