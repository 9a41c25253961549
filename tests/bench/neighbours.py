"""Small shops beside the large one, which is kept busy by processes of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from tests.bench.measure import Figure, measures
from tests.bench.prepared import Bench
from tests.bench.product import Asked
from tests.bench.questions import document_of, questions_of
from tests.bench.timing import timed

TENANTS = 20
GOAL = 25.0


@measures("neighbours", "Q1 to Q10 in small shops, cold, slowest of the ten at the 95th percentile")
def neighbours(bench: Bench, repeats: int) -> list[Figure]:
    """Alone, and beside one and two processes that ask the large shop cold questions."""
    _ask_all(bench)  # plans and pages
    figures = []
    for number in (0, 1, 2):
        with _busy(bench, number):
            by_question = _ask_all(bench)
        slowest = max(by_question, key=lambda key: _p95(by_question[key]))
        value = _p95(by_question[slowest])
        beside = f"beside {number} heavy" if number else "alone"
        everything = [each for found in by_question.values() for each in found]
        note = f"{slowest}; half of all answers take up to {np.median(everything):.1f} ms"
        figures.append(Figure(beside, f"{value:.1f} ms", f"≤ {GOAL:g} ms", value <= GOAL, note))
    return figures


def _ask_all(bench: Bench) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for _ in range(3):
        for workspace in bench.small[:TENANTS]:
            for question in questions_of(bench.leaves):
                where = document_of(question.where, bench.leaves)
                asked = Asked(workspace, where, bench.as_of)
                found.setdefault(question.key, []).append(timed(asked.members)[1])
    return found


def _p95(milliseconds: list[float]) -> float:
    return float(np.percentile(milliseconds, 95))


@contextmanager
def _busy(bench: Bench, number: int) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.heavy", str(bench.large.pk)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(number)]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()  # it has answered once
        yield
    finally:
        for process in started:
            process.terminate()
            process.wait()
