"""Many segments over few leaves or many, drawn once and for all."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.bench import names
from tests.bench.leaves import leaves_of
from tests.bench.prepared import Bench

SEGMENTS = 100
USES = 380  # of leaves, in all segments together


def shared_leaves(bench: Bench) -> list[dict[str, Any]]:
    """21 leaves: those of the questions and four more."""
    month = {"last": 30, "unit": "days"}
    more: list[dict[str, Any]] = [
        {"type": "visits.visited", "window": month},
        {"type": "engagement.engaged", "channels": ["opens", "clicks"], "window": month},
        {"type": "tags.has", "tags": [names.tag_key(9)]},
        {
            "type": "transactions.bought",
            "where": [{"field": "product", "values": [names.product_key(30)]}],
            "window": month,
        },
    ]
    return [*(leaf.document for leaf in leaves_of(bench.large, bench.as_of).values()), *more]


def distinct_leaves() -> list[dict[str, Any]]:
    """300 leaves of every family, no two alike."""
    return [_KINDS[number % len(_KINDS)](number // len(_KINDS)) for number in range(300)]


def trees_of(leaves: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """100 documents that use the leaves 380 times, every leaf at least once."""
    rng = np.random.default_rng(7)
    uses = [*rng.permutation(len(leaves)), *rng.integers(0, len(leaves), USES)][:USES]
    sizes = np.full(SEGMENTS, USES // SEGMENTS)
    sizes[: USES - int(sizes.sum())] += 1
    trees, at = [], 0
    for size in sizes:
        chosen = [leaves[int(each)] for each in uses[at : at + size]]
        at += size
        trees.append({"all": [{"any": chosen[:2]}, *chosen[2:-1], {"not": chosen[-1]}]})
    return trees


def row_of_tag(number: int) -> dict[str, Any]:
    return {"type": "tags.has", "tags": [names.tag_key(number)]}


def row_of_city(number: int) -> dict[str, Any]:
    values = [names.city_name(number), names.city_name(number + 100)]
    return {"type": "contacts.text", "attribute": "city", "operator": "any_of", "values": values}


def row_of_score(number: int) -> dict[str, Any]:
    return {
        "type": "contacts.number",
        "attribute": "score",
        "operator": "between",
        "value": number,
        "upper": number + 20,
    }


def row_of_spent_on_brand(number: int) -> dict[str, Any]:
    return {
        "type": "transactions.amount_spent",
        "operator": "more_than",
        "amount": f"{50 + number}.00",
        "where": [{"field": "brand", "values": [names.brand_name(number)]}],
        "window": {"last": 6, "unit": "months"},
    }


def row_of_product(number: int) -> dict[str, Any]:
    return {
        "type": "transactions.bought",
        "where": [{"field": "product", "values": [names.product_key(number * 3)]}],
        "window": {"last": 1 + number, "unit": "months"},
    }


def row_of_transactions(number: int) -> dict[str, Any]:
    return {
        "type": "transactions.bought",
        "operator": "at_least",
        "number": 1 + number % 3,
        "window": {"last": 10 + 5 * number, "unit": "days"},
    }


def row_of_spent(number: int) -> dict[str, Any]:
    return {
        "type": "transactions.amount_spent",
        "operator": "at_least",
        "amount": f"{100 * (number + 1)}.00",
    }


def row_of_campaign(number: int) -> dict[str, Any]:
    campaign = names.campaign_key(104 - number)
    return {
        "type": "visits.visited",
        "where": [{"field": "utm_campaign", "operator": "any_of", "values": [campaign]}],
    }


def row_of_visits(number: int) -> dict[str, Any]:
    return {
        "type": "visits.visited",
        "operator": "at_least",
        "number": 1 + number % 4,
        "window": {"last": 3 + 2 * number, "unit": "days"},
    }


def row_of_opened(number: int) -> dict[str, Any]:
    return {
        "type": "engagement.engaged",
        "channels": ["opens"] if number % 2 else ["clicks"],
        "window": {"last": 5 + 3 * number, "unit": "days"},
    }


_KINDS = (
    *(row_of_tag, row_of_city, row_of_score, row_of_spent_on_brand, row_of_product),
    *(row_of_transactions, row_of_spent, row_of_campaign, row_of_visits, row_of_opened),
)
