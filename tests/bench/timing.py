"""Milliseconds of both sides, taken in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

SLOWEST = 10.0  # seconds; a competitor that takes longer runs once
HOPELESS = 4.0  # times the best of its side: it runs no more


class Disagreement(Exception):
    """Two sides gave different answers: no figure is worth anything."""


@dataclass
class Timings:
    """One competitor's runs."""

    milliseconds: list[float] = field(default_factory=list)
    answer: Any = None

    @property
    def median(self) -> float:
        return median(self.milliseconds)


@dataclass(frozen=True)
class Competitor:
    """`prepare` isn't timed. Competitors of one side are its variants: the best counts."""

    run: Callable[[], Any]
    side: str
    prepare: Callable[[], object] = lambda: None


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """The answer, and milliseconds."""
    start = time.perf_counter()
    answer = call()
    return answer, (time.perf_counter() - start) * 1000


def race(title: str, competitors: Mapping[str, Competitor], *, repeats: int) -> dict[str, Timings]:
    """Run all in turns; raises `Disagreement` unless every answer is the same every time."""
    found = {name: Timings() for name in competitors}
    for turn in range(repeats + 1):  # the first one warms caches and doesn't count
        for name, competitor in competitors.items():
            if turn > 1 and _is_out(name, competitors, found):
                continue
            competitor.prepare()
            answer, took = timed(competitor.run)
            if turn == 1:
                found[name].milliseconds.clear()
            found[name].milliseconds.append(took)
            found[name].answer = answer
    answers = {name: each.answer for name, each in found.items()}
    first = next(iter(answers.values()))
    if any(answer != first for answer in answers.values()):
        raise Disagreement(f"{title}: {answers}")
    return found


def _is_out(name: str, competitors: Mapping[str, Competitor], found: Mapping[str, Timings]) -> bool:
    own = found[name].median
    side = competitors[name].side
    best = min(found[other].median for other, each in competitors.items() if each.side == side)
    return own > SLOWEST * 1000 or own > HOPELESS * best


def best_of(
    side: str, competitors: Mapping[str, Competitor], found: Mapping[str, Timings]
) -> tuple[str, float]:
    """The name and median of the side's fastest."""
    names = [name for name, each in competitors.items() if each.side == side]
    name = min(names, key=lambda each: found[each].median)
    return name, found[name].median
