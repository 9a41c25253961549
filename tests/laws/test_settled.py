"""Statistics rows answer as the transactions do, at every instant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from segments.criteria import settled
from segments.criteria.base import Criterion
from segments.criteria.scope import Scope
from segments.criteria.settled import matching_of, present_of
from segments.criteria.tree import Leaf, parse_tree
from segments.engine.leaves import fetch_sets
from tests.segments.world import World
from tests.segments.world_time import AS_OFS, ASKED
from transactions.models import ContactStatistics
from transactions.services import differing_statistics
from workspaces.tenancy import workspace_scope

NUMBERS = ("at_least", "more_than", "at_most", "less_than", "exactly", "not_exactly", "between")
WINDOWS: tuple[Any, ...] = (
    {"last": 90, "unit": "days"},
    {"older_than": 180, "unit": "days"},
    {"calendar": "this_year"},
    {"from": "2025-06-01"},
    {"to": "2025-06-01"},
    {"between": [30, 400], "unit": "days"},
    {"since": {"activity": "ticket_bought"}},
    {"last": 60, "unit": "days", "zone": "contact"},
)
STATISTICS = {
    "transactions.number_of_orders": ("number", (0, 1, 3)),
    "transactions.bought": ("number", (0, 1, 2)),
    "transactions.amount_spent": ("amount", ("0.00", "120.50", "99.995", "400.00")),
    "transactions.order_total": ("amount", ("0.00", "150.00")),
    "transactions.shipping_paid": ("amount", ("0.00", "9.99")),
    "transactions.units_bought": ("number", (0, 2, 2.5)),
    "transactions.margin": ("amount", ("-5.00", "0.00", "30.00")),
    "transactions.average_order": ("amount", ("0.00", "33.33", "80.00")),
    "transactions.largest_order": ("amount", ("0.00", "120.00")),
    "transactions.smallest_order": ("amount", ("0.00", "40.00")),
    "transactions.days_between_orders": ("days", (0, 45.5)),
    "transactions.days_since_last_order": ("days", (0, 30, 200)),
}


def leaves() -> Iterator[dict[str, Any]]:
    """Everything rows are asked, and the same in windows."""
    for key, (field, values) in STATISTICS.items():
        for operator in NUMBERS:
            for value in values:
                leaf = {"type": key, "operator": operator, field: value}
                yield leaf | ({"upper": value} if operator == "between" else {})
    for window in WINDOWS:
        for key in ("first_purchase", "last_purchase", "only_purchase"):
            yield {"type": f"transactions.{key}", "window": window}
        for key in ("number_of_orders", "bought"):
            for operator, number in (("at_least", 1), ("exactly", 0), ("at_least", 2)):
                leaf = {"type": f"transactions.{key}", "operator": operator, "number": number}
                yield leaf | {"window": window}
        for stage in ("first_time", "stopped"):
            if "since" not in window and (stage == "first_time" or window != WINDOWS[1]):
                leaf = {"type": "activities.lifecycle", "subject": "purchase", "stage": stage}
                yield leaf | {"window": window}
    for quantifier in ("any", "only", "none", "first"):
        for channels in (["ad"], ["utm"], ["email", "direct"], ["unknown"], ["ad", "referral"]):
            yield {"type": "transactions.source", "quantifier": quantifier, "channels": channels}
    for operator in NUMBERS[:4]:
        leaf = {"type": "transactions.amount_spent", "operator": operator, "amount": "120.00"}
        yield leaf | {"scope": "in_transaction"}
    yield {"type": "transactions.bought", "statuses": ["fulfilled", "paid"]}


def criteria(world: World) -> list[tuple[dict[str, Any], Criterion]]:
    examples = [each for each in world.examples().values() if "purchase" in str(each)]
    examples += [each for each in world.examples().values() if "transactions." in each["type"]]
    documents = [*leaves(), *examples]
    found = []
    for document in documents:
        root = parse_tree(document, workspace=world.workspace).root
        if isinstance(root, Leaf):
            found.append((document, root.criterion))
    return found


def test_the_rows_of_the_world_are_what_its_transactions_say(world: World) -> None:
    with workspace_scope(world.workspace):
        assert differing_statistics(workspace=world.workspace) == []
        assert ContactStatistics.objects.count() > 100


@pytest.mark.parametrize(
    ("as_of", "some"),
    [
        (ASKED, False),
        (AS_OFS[2], True),
        *(
            pytest.param(as_of, some, marks=pytest.mark.night)
            for as_of in AS_OFS
            for some in (False, True)
        ),
    ],
)
def test_rows_and_facts_say_the_same(
    world: World, as_of: Any, some: bool, record_property: Any
) -> None:
    with workspace_scope(world.workspace):
        scope = Scope(world.workspace, as_of)
        if some:
            scope = scope.only(list(scope.contacts().values_list("pk", flat=True)[:40]))
        asked = criteria(world)
        queries: dict[str, Any] = {}
        for number, (_, criterion) in enumerate(asked):
            queries[f"facts {number}"] = criterion.matching(scope)
            queries[f"rows {number}"] = matching_of(criterion, scope)
            present = criterion.present(scope)
            if present is not None:
                queries[f"present {number}"] = present
                queries[f"present by rows {number}"] = present_of(criterion, scope)
        found = fetch_sets(queries, scope)
    answered = 0
    for number, (document, _) in enumerate(asked):
        by_rows, by_facts = found[f"rows {number}"], found[f"facts {number}"]
        assert sorted(by_rows.ids()) == sorted(by_facts.ids()), document
        answered += bool(by_facts)
        if f"present {number}" in found:
            known, by_rows = found[f"present {number}"], found[f"present by rows {number}"]
            assert sorted(by_rows.ids()) == sorted(known.ids()), document
    record_property("answers of rows", answered)
    if as_of == ASKED and not some:
        assert answered > len(asked) / 3


def test_only_what_rows_tell_exactly_is_asked_of_them(world: World) -> None:
    bought = {"type": "transactions.number_of_orders", "operator": "at_least", "number": 2}
    told = [
        bought,
        bought | {"statuses": ["fulfilled", "paid"]},
        {"type": "transactions.source", "quantifier": "only", "channels": ["ad"]},
        {"type": "transactions.last_purchase", "window": {"older_than": 180, "unit": "days"}},
        bought | {"number": 1, "window": {"last": 90, "unit": "days"}},
    ]
    not_told = [
        bought | {"statuses": ["paid"]},
        bought | {"window": {"last": 90, "unit": "days"}},
        bought | {"where": [{"field": "brand", "values": ["Nordica"]}]},
        {"type": "transactions.source", "quantifier": "first", "channels": ["ad"]},
        bought | {"number": 1, "window": {"between": [30, 400], "unit": "days"}},
    ]
    for documents, is_told in ((told, True), (not_told, False)):
        for document in documents:
            assert reads_rows(world, document) == is_told, document


def test_an_instant_long_past_is_asked_of_the_transactions_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaf = {"type": "transactions.bought"}
    assert reads_rows(world, leaf, AS_OFS[-1])
    monkeypatch.setattr(settled, "MANY", 3)
    assert not reads_rows(world, leaf, min(AS_OFS))
    assert reads_rows(world, leaf, max(AS_OFS))


def reads_rows(world: World, document: dict[str, Any], as_of: Any = ASKED) -> bool:
    with workspace_scope(world.workspace):
        root = parse_tree(document, workspace=world.workspace).root
        assert isinstance(root, Leaf)
        sql = str(matching_of(root.criterion, Scope(world.workspace, as_of)).query)
    return "transactions_contactstatistics" in sql
