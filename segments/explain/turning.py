"""When a row flips by itself: the first edge of a window that moves past a fact.

Facts and edges only say where to look; whether the row does flip then is asked of the criterion
itself, as of that instant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from segments.criteria.scope import Scope
from segments.criteria.windows import Bounds, Clock, WindowKind, WindowZone
from segments.engine.leaves import fetch_sets
from segments.explain.asking import Asked

HORIZON = timedelta(days=3 * 366)
TRIES = 3  # instants asked of one row whose number isn't a plain sum
_TICK = timedelta(seconds=1)
_AROUND = timedelta(days=4)  # months and days of changed clocks differ by less


def turning_points(
    asked: Mapping[str, Asked], holds: Mapping[str, bool], scope: Scope, zone: ZoneInfo
) -> dict[str, datetime]:
    """The instant from which on each row is flipped if nothing happens until then.

    `zone` is the contact's own. Rows that don't flip by themselves are left out. One SQL statement.
    """
    candidates = {
        key: points
        for key, each in asked.items()
        if (points := _candidates(each, holds[key], scope, zone))
    }
    queries = {
        f"{position}:{key}": asked[key].criterion.matching(scope.at(at))
        for key, points in candidates.items()
        for position, at in enumerate(points)
    }
    found = fetch_sets(queries, scope) if queries else {}
    turns: dict[str, datetime] = {}
    for key, points in candidates.items():
        negated = asked[key].criterion.negated
        for position, at in enumerate(points):
            if (bool(found[f"{position}:{key}"]) != negated) != holds[key]:
                turns[key] = at
                break
    return turns


def _candidates(each: Asked, holds: bool, scope: Scope, zone: ZoneInfo) -> list[datetime]:
    """Instants to ask about, ascending."""
    if not each.moments or not each.has_all_moments:
        return []
    is_date = each.criterion.edge_column(scope) == "date"
    windows = [_Moving(window, scope, zone, is_date) for window in each.criterion.edges()]
    crossings = sorted(
        {at for window in windows for moment in each.moments for at in window.crossings(moment.at)}
    )
    measured = each.measured
    if is_date or measured is None or measured.weight is None or len(windows) != 1:
        return [*crossings[: TRIES - 1], *crossings[TRIES - 1 :][-1:]]
    for at in crossings:
        number = sum(m.weight for m in each.moments if windows[0].holds(m.at, at))
        if measured.test.passes(number) != holds:
            return [at]
    return []


class _Moving:
    """A window that moves with the clock, of the workspace or of the contact."""

    def __init__(self, window: WindowKind, scope: Scope, own: ZoneInfo, is_date: bool) -> None:
        is_own = getattr(window, "zone", None) == WindowZone.CONTACT
        self.window = window
        self.is_date = is_date
        zone = own if is_own else scope.workspace.zone
        self.now = Clock(scope.as_of, zone, scope.workspace.week_start)

    def bounds(self, at: datetime) -> Bounds:
        """The window at an instant; of dates it covers whole local days."""
        clock = Clock(at, self.now.zone, self.now.week_start)
        return WindowKind.bounds(self.window, clock) if self.is_date else self.window.bounds(clock)

    def holds(self, moment: datetime, at: datetime) -> bool:
        """Whether the window at `at` contains the moment."""
        bounds = self.bounds(at)
        return (bounds.start is None or moment >= bounds.start) and (
            bounds.end is None or moment < bounds.end
        )

    def crossings(self, moment: datetime) -> Iterator[datetime]:
        """When the window's end, and its start, will have moved past the moment."""
        if self.is_date:
            moment = self.now.midnight(moment.date())
        present = self.bounds(self.now.as_of)
        for side, edge in (("end", present.end), ("start", present.start)):
            if edge is not None and edge <= moment:
                guess = self.now.as_of + (moment - edge)
                found = self._search(side, moment, guess)
                if found is not None:
                    yield found

    def _search(self, side: str, moment: datetime, guess: datetime) -> datetime | None:
        """The first second at which that side of the window lies after the moment."""

        def has_passed(at: datetime) -> bool:
            edge: datetime = getattr(self.bounds(at), side)
            return edge > moment

        early, late = max(self.now.as_of, guess - _AROUND), guess + _AROUND
        if has_passed(early) or not has_passed(late):
            early, late = self.now.as_of, self.now.as_of + HORIZON
        if has_passed(early) or not has_passed(late):
            return None
        while late - early > _TICK:
            middle = early + (late - early) / 2
            early, late = (early, middle) if has_passed(middle) else (middle, late)
        return late
