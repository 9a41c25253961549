"""How statements about a value that can change become a history without contradictions.

A statement says "from this instant it was this". The history is what the statements say when
read in the order of their instants, whatever order they arrived in: a value holds until the next
statement, and the one that holds now is the one stated for the latest instant.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")

# Of how many later statements of one value, or of its absence, the instants are kept: the latest
# ones. A late statement from before them holds until the first that is kept.
MAX_CONFIRMATIONS = 16

Details = tuple[object, ...]


@dataclass(slots=True)
class Period(Generic[V]):
    """A value for as long as it held: `start` <= instant < `end` (None: still).

    `confirmations` are the later instants at which it was stated again, ascending; `details` is
    what is kept beside it without being compared (the source of a consent, say), as first stated.
    """

    value: V
    start: datetime
    end: datetime | None = None
    confirmations: tuple[datetime, ...] = ()
    details: Details = ()
    row_id: int | None = None

    @property
    def confirmed_at(self) -> datetime:
        """The last instant at which the value was stated."""
        return self.confirmations[-1] if self.confirmations else self.start

    def holds_at(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


class Rows(NamedTuple, Generic[V]):
    """What storing a history takes: ids of rows to delete, rows to change, rows to add."""

    deleted: list[int]
    changed: list[Period[V]]
    added: list[Period[V]]


@dataclass(eq=False, slots=True)
class Timeline(Generic[V]):
    """Everything stated about one value, in order; None states that there was none."""

    instants: list[datetime] = field(default_factory=list)
    said: list[tuple[V | None, Details]] = field(default_factory=list)
    stored: list[Period[V]] = field(default_factory=list)
    is_touched: bool = False
    knows_absences: bool = False  # set by those who load them

    def add_stored(self, period: Period[V]) -> None:
        """Take in a stored row; rows come in the order of their starts."""
        if self.instants and self.instants[-1] >= period.start:
            del self.instants[-1], self.said[-1]  # the end of the row before: no gap between them
        statement = (period.value, period.details)
        for at in (period.start, *period.confirmations):
            self.instants.append(at)
            self.said.append(statement)
        if period.end is not None:
            self.instants.append(period.end)
            self.said.append((None, ()))
        self.stored.append(period)

    def add_absences(self, instants: Iterable[datetime]) -> None:
        """Take in stored absences; those inside a stored period are void."""
        for at in instants:
            position = bisect_left(self.instants, at)
            is_stated = position < len(self.instants) and self.instants[position] == at
            if not is_stated and self._held_before(position) is None:
                self.instants.insert(position, at)
                self.said.insert(position, (None, ()))

    def state(self, value: V | None, at: datetime, details: Details = ()) -> bool:
        """Take in that from `at` on it was `value` (None: nothing); whether the history changed.

        Of two statements for one instant the later received wins.
        """
        position = bisect_left(self.instants, at)
        if position < len(self.instants) and self.instants[position] == at:
            if self.said[position][0] == value:
                return False
            self.said[position] = (value, details)
            self.is_touched = True
            return True
        is_changed = self._held_before(position) != value
        self.instants.insert(position, at)
        self.said.insert(position, (value, details))
        self.is_touched = True
        return is_changed

    def _held_before(self, position: int) -> V | None:
        return self.said[position - 1][0] if position else None

    @property
    def current(self) -> V | None:
        """What holds now, if anything does."""
        return self.said[-1][0] if self.said else None

    @property
    def periods(self) -> list[Period[V]]:
        """The history: in order, without overlaps, no two alike that touch."""
        found: list[Period[V]] = []
        held: Period[V] | None = None
        for at, (value, details) in zip(self.instants, self.said, strict=True):
            if held is not None:
                if value == held.value:
                    held.confirmations = (*held.confirmations, at)[-MAX_CONFIRMATIONS:]
                    continue
                held.end = at
            held = None if value is None else Period(value, at, details=details)
            if held is not None:
                found.append(held)
        return found

    @property
    def absences(self) -> list[datetime]:
        """The instants, the latest ones, at which nothing was stated while nothing held."""
        found: list[datetime] = []
        before: V | None = None
        for at, (value, _details) in zip(self.instants, self.said, strict=True):
            if value is None and before is None:
                found.append(at)
            before = value
        return found[-MAX_CONFIRMATIONS:]

    def rows(self) -> Rows[V]:
        """How what is stored becomes the history; rows go on being of use where they can."""
        periods = self.periods
        if not self.stored:
            return Rows([], [], periods)
        same = {(row.value, row.details, row.start): row for row in self.stored}
        kept = [same.pop((each.value, each.details, each.start), None) for each in periods]
        spare: dict[tuple[V, Details], list[Period[V]]] = {}
        for unused in same.values():
            spare.setdefault((unused.value, unused.details), []).append(unused)
        changed: list[Period[V]] = []
        for period, before in zip(periods, kept, strict=True):
            alike = spare.get((period.value, period.details))
            row = before or (alike.pop() if alike else None)
            if row is not None:
                period.row_id = row.row_id
                if period != row:
                    changed.append(period)
        deleted = [each.row_id for rows in spare.values() for each in rows if each.row_id]
        return Rows(deleted, changed, [each for each in periods if each.row_id is None])


def held_at(periods: Sequence[Period[V]], at: datetime) -> Period[V] | None:
    """The period that holds at an instant."""
    return next((period for period in periods if period.holds_at(at)), None)
