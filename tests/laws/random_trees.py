"""Random trees over a few hundred shared leaves, the same for the same seed."""

from __future__ import annotations

import json
import random
from typing import Any

from segments.criteria.base import find_criterion
from segments.criteria.tree import InvalidTree, parse_tree
from tests.segments.world import World

Document = dict[str, Any]
OWN = {"zone": "contact"}
WINDOWS: tuple[Any, ...] = (
    "ever",
    {"last": 1, "unit": "days"},
    {"last": 36, "unit": "hours"},
    {"last": 1, "unit": "months"},
    {"last": 2, "unit": "years"},
    {"calendar": "today"},
    {"calendar": "yesterday"} | OWN,
    {"calendar": "this_week"},
    {"calendar": "previous_week"} | OWN,
    {"calendar": "this_quarter"},
    {"calendar": "previous_quarter"},
    {"calendar": "previous_year"} | OWN,
    {"last_whole_days": 1} | OWN,
    {"last_whole_days": 30},
    {"from": "2025-10-26", "to": "2025-10-26"},
    {"to": "2025-12-31"} | OWN,
    {"from": "2026-03-15"} | OWN,
    {"older_than": 1, "unit": "months"},
    {"older_than": 24, "unit": "hours"},
    {"between": [0, 2], "unit": "weeks"},
    {"between": [1, 13], "unit": "months"},
    {"since": {"activity": "form_submitted"}},
)
# What examples don't show: missing values under "not exactly", statuses, words that overlap.
MORE: tuple[Document, ...] = (
    {
        "type": "visits.visited",
        "where": [{"field": "duration", "operator": "not_exactly", "value": 60}],
    },
    {
        "type": "visits.visited",
        "where": [
            {"field": "pages", "operator": "between", "value": 1, "upper": 3},
            {"field": "referrer_host", "operator": "has_no_value"},
        ],
    },
    {
        "type": "visits.visited",
        "where": [{"field": "source", "operator": "none_of", "values": ["ad", "utm", "email"]}],
    },
    {
        "type": "visits.viewed_page",
        "where": [{"field": "product", "operator": "none_of", "values": ["P-1"]}],
        "operator": "at_most",
        "number": 2,
    },
    {
        "type": "transactions.bought",
        "where": [
            {
                "field": "property_number",
                "property": "size",
                "operator": "not_exactly",
                "value": 42,
            }
        ],
    },
    {
        "type": "transactions.bought",
        "where": [{"field": "margin", "operator": "not_exactly", "value": "15.00"}],
        "scope": "in_line",
    },
    {
        "type": "transactions.bought",
        "where": [{"field": "margin", "operator": "less_than", "value": "10.00"}],
        "operator": "less_than",
        "number": 2,
    },
    {
        "type": "transactions.bought",
        "where": [
            {"field": "property", "property": "size", "operator": "none_of", "values": ["L"]},
            {"field": "quantity", "operator": "at_least", "value": 0.5},
        ],
        "scope": "in_transaction",
    },
    {
        "type": "transactions.bought",
        "where": [{"field": "property", "property": "size", "operator": "has_no_value"}],
    },
    {
        "type": "transactions.bought",
        "where": [{"field": "variant", "operator": "none_of", "values": ["P-1-42"]}],
        "together_with": [{"field": "brand", "operator": "none_of", "values": ["Salewa"]}],
    },
    {"type": "transactions.average_order", "operator": "not_exactly", "amount": "60.00"},
    {"type": "transactions.largest_order", "operator": "not_exactly", "amount": "300.00"},
    {"type": "transactions.smallest_order", "operator": "not_exactly", "amount": "11.77"},
    {"type": "transactions.days_between_orders", "operator": "not_exactly", "days": 30},
    {
        "type": "transactions.number_of_orders",
        "operator": "at_least",
        "number": 1,
        "statuses": ["cancelled", "refunded"],
    },
    {
        "type": "transactions.amount_spent",
        "operator": "more_than",
        "amount": "0.00",
        "statuses": ["pending"],
    },
    {
        "type": "transactions.amount_spent",
        "operator": "less_than",
        "amount": "60.00",
        "window": {"last": 30, "unit": "days"},
        "refunds": "by_refund_date",
    },
    {"type": "transactions.source", "quantifier": "only", "channels": ["unknown"]},
    {
        "type": "transactions.source",
        "quantifier": "only",
        "channels": ["direct", "email"],
        "model": "any_touch",
        "days": 60,
    },
    {
        "type": "transactions.source",
        "quantifier": "share_of_revenue",
        "percent": 50,
        "channels": ["utm"],
        "model": "first_touch",
    },
    {"type": "ranks.top", "by": "average_order", "direction": "bottom", "number": 7},
    {"type": "ranks.top", "by": "visits", "unit": "percent", "percent": 33.3},
    {"type": "contacts.age", "operator": "not_exactly", "years": 18, "zone": "contact"},
    {
        "type": "contacts.date",
        "attribute": "trial_ends_at",
        "operator": "is_not",
        "window": {"last": 60, "unit": "days"},
    },
    {
        "type": "activities.did",
        "kind": "ticket_bought",
        "where": [
            {"field": "number", "parameter": "price", "operator": "not_exactly", "value": 50},
            {"field": "boolean", "parameter": "is_gift", "value": False},
            {
                "field": "date",
                "parameter": "day",
                "operator": "is_not",
                "window": {"last": 30, "unit": "days"},
            },
        ],
    },
)
SLOW = ("segments.in_for", "segments.entered", "segments.left")


def shared_leaves(world: World, seed: int = 1) -> list[Document]:
    """Every example, variations with other windows, and some that examples don't show."""
    chance = random.Random(seed)
    leaves = [*world.examples().values(), *MORE]
    leaves += [
        leaf | {"window": chance.choice(WINDOWS)}
        for leaf in leaves
        if "window" in leaf and leaf["type"] not in SLOW
    ]
    distinct = {json.dumps(leaf, sort_keys=True): leaf for leaf in leaves if is_valid(world, leaf)}
    return list(distinct.values())


def is_valid(world: World, leaf: Document) -> bool:
    try:
        parse_tree(leaf, workspace=world.workspace)
    except InvalidTree:
        return False
    return find_criterion(leaf["type"]) is not None


class Grower:
    """Draws trees."""

    def __init__(self, world: World, leaves: list[Document], seed: int) -> None:
        self.chance = random.Random(seed)
        self.leaves = leaves
        self.weights = [0.05 if leaf["type"] in SLOW else 1 for leaf in leaves]
        self.segments = [segment.pk for segment in world.segments]

    def tree(self, depth: int = 3) -> Document:
        """A tree that isn't switched off as a whole."""
        dice = self.chance.random()
        if depth == 0 or dice < 0.25:
            return self.leaf()
        if dice < 0.45:
            return {"not": self.tree(depth - 1)}
        kind = "all" if dice < 0.75 else "any"
        children = [self.tree(depth - 1) for _ in range(self.chance.choice((1, 2, 2, 3)))]
        if self.chance.random() < 0.15:
            children.insert(0, self.tree(0) | {"disabled": True})
        return {kind: children}

    def leaf(self) -> Document:
        if self.chance.random() < 0.03:
            return {"segment": self.chance.choice(self.segments)}
        return dict(self.chance.choices(self.leaves, self.weights)[0])


def leaves_in(tree: Document) -> list[Document]:
    for kind in ("all", "any"):
        if kind in tree:
            return [leaf for child in tree[kind] for leaf in leaves_in(child)]
    return leaves_in(tree["not"]) if "not" in tree else [tree]
