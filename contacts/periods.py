"""How statements about a value that can change become a history without contradictions.

A statement says "from this instant it was this". Statements may arrive in any order; the value
that holds now is the one stated latest, whatever order they came in.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(eq=False, slots=True)
class Period(Generic[V]):
    """A value for as long as it held: `start` <= instant < `end` (None: still).

    `confirmed_at` is the last instant at which the value was stated; `details` is what is kept
    beside it without being compared (the source of a consent, say).
    """

    value: V
    start: datetime
    end: datetime | None
    confirmed_at: datetime
    row_id: int | None = None
    details: tuple[object, ...] = ()
    is_touched: bool = False

    def holds_at(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(eq=False, slots=True)
class Timeline(Generic[V]):
    """The periods of one value, in order and without overlaps."""

    periods: list[Period[V]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)  # ids of rows that hold no more

    def current(self) -> Period[V] | None:
        """The period that is still open."""
        if self.periods and self.periods[-1].end is None:
            return self.periods[-1]
        return None

    def at(self, instant: datetime) -> Period[V] | None:
        """The period that holds at an instant."""
        position = bisect_right(self.periods, instant, key=lambda period: period.start)
        if position and self.periods[position - 1].holds_at(instant):
            return self.periods[position - 1]
        return None

    def state(self, value: V | None, at: datetime, details: tuple[object, ...] = ()) -> bool:
        """Splice in that from `at` on it was `value` (None: nothing); whether anything changed.

        It holds until the next thing known: the next statement, or the last confirmation of the
        value it interrupts. Of two statements for one instant the later received wins.
        """
        held = self.at(at)
        if held is None:
            return value is not None and self._fill(value, at, details)
        if held.value == value:
            if at > held.confirmed_at:
                held.confirmed_at = at
                held.is_touched = True
            return False
        self._interrupt(held, at)
        if value is not None:
            self._fill(value, at, details)
        return True

    def _interrupt(self, held: Period[V], at: datetime) -> None:
        """Make a gap from `at` to what is known next."""
        pieces: list[Period[V]] = []
        if held.start < at:
            pieces.append(Period(held.value, held.start, at, held.start, details=held.details))
            if held.confirmed_at < at:
                pieces[0].confirmed_at = held.confirmed_at
        if held.confirmed_at > at:
            again = held.confirmed_at
            pieces.append(Period(held.value, again, held.end, again, details=held.details))
        for piece in pieces:
            piece.is_touched = True
        if pieces:
            pieces[0].row_id = held.row_id
        elif held.row_id is not None:
            self.deleted.append(held.row_id)
        position = self.periods.index(held)
        self.periods[position : position + 1] = pieces

    def _fill(self, value: V, at: datetime, details: tuple[object, ...]) -> bool:
        """Put a value into the gap that begins at or before `at`; join equal neighbours."""
        if not self.periods:
            self.periods.append(Period(value, at, None, at, details=details, is_touched=True))
            return True
        position = bisect_right(self.periods, at, key=lambda period: period.start)
        before = self.periods[position - 1] if position else None
        after = self.periods[position] if position < len(self.periods) else None
        joins_before = before is not None and before.end == at and before.value == value
        if after is not None and after.value == value:
            after.start = at
            after.is_touched = True
            if joins_before and before is not None:
                self._join(before, after, position)
        elif joins_before and before is not None:
            before.end = after.start if after is not None else None
            before.confirmed_at = max(before.confirmed_at, at)
            before.is_touched = True
        else:
            end = after.start if after is not None else None
            new = Period(value, at, end, at, details=details, is_touched=True)
            self.periods.insert(position, new)
        return True

    def _join(self, before: Period[V], after: Period[V], position: int) -> None:
        before.end = after.end
        before.confirmed_at = max(before.confirmed_at, after.confirmed_at)
        before.is_touched = True
        if after.row_id is not None:
            self.deleted.append(after.row_id)
        del self.periods[position]
