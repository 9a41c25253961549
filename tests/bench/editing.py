"""The wizard's moment: one row of Q10 was just changed, all others are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from tests.bench import names, segments
from tests.bench.leaves import Leaf
from tests.bench.measure import Figure, measures
from tests.bench.prepared import Bench
from tests.bench.product import Asked, forget_leaves
from tests.bench.questions import Q10, document_of
from tests.bench.timing import timed

KEYED, COUNTED, THRESHOLD = 100.0, 170.0, 10.0

# Other answers to the same row.
KEYED_ROWS: dict[str, list[dict[str, Any]]] = {
    "tag A": [segments.row_of_tag(number) for number in (2, 11, 25)],
    "city B": [segments.row_of_city(number) for number in (1, 9, 40)],
    "women": [
        {"type": "contacts.choice", "attribute": "gender", "operator": "any_of", "values": [gender]}
        for gender in names.GENDERS[1:]
    ],
    "spent on brand X": [segments.row_of_spent_on_brand(number) for number in (2, 7, 19)],
    "bought Y": [segments.row_of_product(number) for number in (1, 4, 9)],
    "visited by campaign Z": [segments.row_of_campaign(number) for number in (1, 3, 9)],
}
COUNTED_ROWS: dict[str, list[dict[str, Any]]] = {
    "3 transactions in 90 days": [segments.row_of_transactions(number) for number in (5, 10, 19)],
}


@measures("edited", "One row of Q10 changed, the others warm")
def edited(bench: Bench, repeats: int) -> list[Figure]:
    """The counts of all nodes with a leaf that nobody asked before; the slowest row counts."""
    found = []
    for what, rows, goal in (
        ("a keyed row", KEYED_ROWS, KEYED),
        ("a window count over transactions", COUNTED_ROWS, COUNTED),
    ):
        took = {name: _changed(bench, name, documents) for name, documents in rows.items()}
        slowest = max(took, key=lambda name: took[name])
        value = took[slowest]
        found.append(Figure(what, f"{value:.0f} ms", f"≤ {goal:g} ms", value <= goal, slowest))
    took = {
        name: _changed(bench, name, documents)
        for name, documents in _thresholds(bench.leaves).items()
    }
    slowest = max(took, key=lambda name: took[name])
    value = took[slowest]
    found.append(
        Figure(
            "another threshold of a statistic",
            f"{value:.0f} ms",
            f"≤ {THRESHOLD:g} ms",
            value <= THRESHOLD,
            slowest,
        )
    )
    return found


def _thresholds(leaves: Mapping[str, Leaf]) -> dict[str, list[dict[str, Any]]]:
    changed = (
        ("score below 50", "value", (35, 40, 45, 55, 60, 70, 75)),
        ("spent 1,000 in all", "amount", _euros(800, 900, 1100, 1200, 1300, 1400, 1500)),
        ("80 on average", "amount", _euros(60, 65, 70, 75, 85, 90, 95)),
        ("3 transactions in 90 days", "number", (2, 4, 5, 6, 7, 8, 9)),
    )
    return {
        name: [{**leaves[name].document, field: value} for value in values]
        for name, field, values in changed
    }


def _euros(*amounts: int) -> list[str]:
    return [f"{amount}.00" for amount in amounts]


def _changed(bench: Bench, name: str, documents: list[dict[str, Any]]) -> float:
    """Median over the new answers, each asked once, after what a worker does for the first."""
    asked = Asked(bench.large, document_of(Q10, bench.leaves), bench.as_of)
    forget_leaves(bench.large)
    asked.measure()
    took = []
    for document in documents:
        leaves = {**bench.leaves, name: replace(bench.leaves[name], document=document)}
        changed = Asked(bench.large, document_of(Q10, leaves), bench.as_of)
        took.append(timed(changed.evaluation)[1])
    return median(took)
