"""Instants of the world: ordinary ones, and those at which half-open windows begin and end."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

RECORDED = datetime(2026, 4, 1, 12, tzinfo=UTC)  # when all was known
FIRST = datetime(2023, 3, 1, tzinfo=UTC)

# The instants questions are asked at. Warsaw's clocks go forward on 29 March 2026 and back on 26
# October 2025; both are asked about in the middle of the change, and at midnights.
AS_OFS = (
    datetime(2026, 3, 15, 12, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2025, 10, 26, 0, 30, tzinfo=UTC),
    datetime(2025, 10, 26, 1, 30, tzinfo=UTC),
    datetime(2025, 12, 31, 23, tzinfo=UTC),
    datetime(2024, 2, 29, 22, 59, 59, tzinfo=UTC),
    datetime(2026, 4, 2, 8, tzinfo=UTC),
    datetime(2025, 3, 1, 0, 0, tzinfo=UTC),
)
ASKED = AS_OFS[0]

_STEPS = (0, 1, 2, 3, 7, 14, 28, 30, 31, 60, 90, 180, 364, 365)
_MICROSECOND = timedelta(microseconds=1)


def moment(chance: random.Random) -> datetime:
    """Some instant: any, one shortly before a question, or exactly at the edge of a window."""
    dice = chance.random()
    if dice < 0.3:
        span = (RECORDED - FIRST) / _MICROSECOND
        return FIRST + timedelta(seconds=chance.randrange(int(span) // 1_000_000))
    asked = chance.choice(AS_OFS[:1] * 4 + AS_OFS)
    if dice < 0.8:
        days = 400 ** chance.random() - 1
        found = asked - timedelta(days=days)
    else:
        found = asked - timedelta(days=chance.choice(_STEPS))
        if chance.random() < 0.5:  # Warsaw's midnight, or the hour of the change
            found = found.replace(hour=chance.choice((22, 23)), minute=0, second=0)
        found += chance.choice((-1, 0, 0, 1)) * chance.choice((_MICROSECOND, timedelta(seconds=1)))
    return min(max(found, FIRST), RECORDED - timedelta(hours=1))


def later(chance: random.Random, start: datetime, days: float) -> datetime:
    """Some instant after `start`, before everything was recorded."""
    found = start + timedelta(days=chance.random() * days, seconds=1)
    return min(found, RECORDED - timedelta(minutes=30))
