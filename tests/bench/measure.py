"""What else is measured: each by a function of its own, skipped with a reason where it can't be."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from tests.bench.prepared import Bench
from tests.bench.timing import Disagreement


@dataclass(frozen=True)
class Figure:
    """One number of the report. `is_met`: whether it meets its goal; None: it has none here."""

    what: str
    value: str
    goal: str = ""
    is_met: bool | None = None
    note: str = ""


@dataclass
class Measure:
    """What one function found, or why it found nothing."""

    title: str
    goal: str = ""
    figures: list[Figure] = field(default_factory=list)
    skipped: str = ""


class Skipped(Exception):
    """It can't be measured here; says why."""


# Where measures are declared, in the order of the report.
MODULES = (
    "over_http",
    "editing",
    "in_browser",
    "live_speed",
    "many_segments",
    "neighbours",
    "through_time",
    "sizes",
)

Measuring = Callable[[Bench, int], list[Figure]]
MEASURES: dict[str, tuple[str, Measuring]] = {}


def measures(name: str, title: str) -> Callable[[Measuring], Measuring]:
    """Add a measure under a short name for the command line."""

    def add(function: Measuring) -> Measuring:
        MEASURES[name] = (title, function)
        return function

    return add


def measure_all(
    bench: Bench, *, names: Sequence[str], repeats: int, step: Callable[[str], None]
) -> list[Measure]:
    """All, or those named, in the order they were declared."""
    for module in MODULES:
        import_module(f"tests.bench.{module}")

    found = []
    for name, (title, function) in MEASURES.items():
        if names and name not in names:
            continue
        measure = Measure(title)
        try:
            measure.figures += function(bench, repeats)
        except Skipped as reason:
            measure.skipped = str(reason)
        except Disagreement:
            raise
        except Exception as error:  # the others are worth having
            measure.skipped = f"failed: {error!r}"
            step(traceback.format_exc())
        for figure in measure.figures:
            step(f"{title}: {figure.what}: {figure.value}")
        found.append(measure)
    return found
