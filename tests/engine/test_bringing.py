"""Leaf sets brought from one place to another equal the same leaves asked anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from segments.criteria.measures import measure_of
from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Leaf, Tree, parse_tree
from segments.engine import bringing, storing
from segments.engine.algebra import UNIVERSE
from segments.engine.bringing import Held, bring
from segments.engine.evaluation import leaves_of
from segments.engine.leaves import fetch_sets
from segments.engine.pool import LeafPool
from segments.engine.positions import EdgeContacts
from segments.engine.questions import Edge, ask
from segments.engine.shared import current_sets
from segments.engine.vector_store import measure_all
from segments.models import LeafSet, LeafVector
from tests.laws.conftest import world  # noqa: F401
from tests.makers.transactions import line_item, make_transaction
from tests.makers.workspaces import NOW
from tests.segments.world import World, example_names
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
# ruff: noqa: F811

MOVES = (timedelta(seconds=1), timedelta(days=1), timedelta(days=-40))
MORE_MOVES = (
    *MOVES,
    timedelta(hours=1),
    timedelta(days=29, hours=5),
    timedelta(days=-1),
    timedelta(days=400),
)
# Of these time alone can't tell whom to ask again, so that everybody is.
ASKED_ANEW = 20


@pytest.fixture(autouse=True)
def _patching_is_always_cheaper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Held, "is_cheaper_patched", lambda self, contacts: True)


@pytest.fixture(autouse=True)
def _any_instant_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "PAST", timedelta(days=9999))
    monkeypatch.setattr(storing, "FUTURE", timedelta(days=9999))


def all_examples(world: World) -> list[Tree]:
    return [
        parse_tree(world.examples()[name], workspace=world.workspace) for name in example_names()
    ]


def sets_at(makes: dict[str, Any], world: World, as_of: datetime) -> dict[str, Any]:
    scope = Scope(world.workspace, as_of)
    return fetch_sets({name: make(scope) for name, make in makes.items()}, scope)


@pytest.mark.parametrize("moves", [MOVES, pytest.param(MORE_MOVES, marks=pytest.mark.night)])
def test_time_alone_is_followed_to_the_same_answer_for_every_example(
    world: World, moves: tuple[timedelta, ...]
) -> None:
    with workspace_scope(world.workspace):
        makes = leaves_of(*all_examples(world), with_absence=True)
        start = Scope(world.workspace, NOW)
        asked = {name: ask(name, make, start) for name, make in makes.items()}
        known = bring(asked, {}, start).held
        for move in moves:
            scope = Scope(world.workspace, NOW + move)
            asked = {name: ask(name, make, scope) for name, make in makes.items()}
            brought = bring(asked, known, scope)
            expected = sets_at(makes, world, NOW + move)
            wrong = [name for name, found in brought.sets.items() if found != expected[name]]
            assert wrong == []
            assert brought.patched or move < timedelta(minutes=1)
            if abs(move) <= timedelta(hours=1):
                relative = [name for name in brought.rebuilt if not asked[name].is_relative]
                assert len(relative) < ASKED_ANEW


@pytest.mark.parametrize("is_patched", [True, False])
@pytest.mark.parametrize("every", [19, pytest.param(1, marks=pytest.mark.night)])
def test_numbers_go_on_from_step_to_step(
    world: World, every: int, is_patched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Held, "is_cheaper_patched", lambda self, contacts: is_patched)
    hour, day = timedelta(hours=1), timedelta(days=1)
    with workspace_scope(world.workspace):
        pool, stepped = LeafPool(world.workspace, numbers={}), 0
        pool.hold(all_examples(world)[::every], Scope(world.workspace, NOW))
        as_of, moves = NOW, (hour, hour, day, day, -day, -day, -day, 3 * day, hour)
        for number, move in enumerate(moves if every == 1 else moves[:6]):
            as_of += move
            with CaptureQueriesContext(connection) as asked:
                if number in (2, 5):  # what is written meanwhile is seen, too
                    line = line_item("9.00", product="P-1")
                    make_transaction(world.workspace, "c1", NOW - number * day, lines=[line])
                pool.advance(Scope(world.workspace, as_of))
            stepped += sum(each["sql"].count(" BETWEEN ") for each in asked)
            expected = sets_at(pool.makes, world, as_of)
            found = {name: each.members for name, each in pool.held.items()}
            assert [name for name in expected if found[name] != expected[name]] == []
        assert stepped > (0 if is_patched else 150 // every)


FEW_ROWS = {"segments_segmentpin", "transactions_product"}


def test_whatever_time_moves_is_found_by_an_index(world: World) -> None:
    hour = timedelta(hours=1)
    edges: dict[tuple[str, str], Edge] = {}
    with workspace_scope(world.workspace), connection.cursor() as cursor:
        makes = leaves_of(*all_examples(world), with_absence=True)
        for name, make in makes.items():
            now = ask(name, make, Scope(world.workspace, NOW))
            later = ask(name, make, Scope(world.workspace, NOW + hour))
            for edge in later.edges_from(now.moments) or ():
                edges[edge.table, edge.column] = edge
        assert len(edges) > 15
        cursor.execute("SET LOCAL enable_seqscan = off")
        for (table, column), edge in edges.items():
            if table not in FEW_ROWS:
                statement = EdgeContacts(world.workspace)._statement(0, edge)
                cursor.execute(sql.SQL("EXPLAIN {}").format(statement))
                plan = [line for (line,) in cursor.fetchall() if "Index Cond" in line]
                assert any(f"{column} >=" in line for line in plan), (table, column)


def test_kept_sets_are_read_by_the_next_who_asks(world: World, settings: Any) -> None:
    settings.LEAF_SET_MIN_MICROSECONDS = 0
    with workspace_scope(world.workspace):
        makes = leaves_of(*all_examples(world)[:40], with_absence=True)
        first = current_sets(makes, Scope(world.workspace, NOW))
        assert LeafSet.objects.in_workspace(world.workspace).count() > 40
        keys = {n: ask(n, m, Scope(world.workspace, NOW)).key for n, m in makes.items()}
        stored = storing.load(world.workspace, keys, as_of=NOW)
        assert {name: each.members for name, each in stored.items()} == {
            name: first[name] for name in stored
        }
        later = NOW + timedelta(hours=3)
        assert current_sets(makes, Scope(world.workspace, later)) == sets_at(makes, world, later)


def test_what_is_used_least_goes_first_when_there_is_too_much(world: World, settings: Any) -> None:
    settings.LEAF_SET_MIN_MICROSECONDS = 0
    with workspace_scope(world.workspace):
        makes = leaves_of(*all_examples(world)[:5], with_absence=False)
        current_sets(makes, Scope(world.workspace, NOW))
        assert storing.evict(workspace=world.workspace, now=NOW) == 0
        settings.LEAF_SET_MEGABYTES = 0
        number = LeafSet.objects.in_workspace(world.workspace).count()
        gone = storing.evict(workspace=world.workspace, now=NOW)
        rest = LeafSet.objects.in_workspace(world.workspace)
        assert gone == number - rest.count() > 0
        assert not any(len(row.bits) for row in rest)


def test_rounds_of_asking_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "ROUNDS", 0)
    with workspace_scope(world.workspace):
        makes = leaves_of(*all_examples(world)[:20], with_absence=False)
        assert current_sets(makes, Scope(world.workspace, NOW)) == sets_at(makes, world, NOW)


def with_other_threshold(leaf: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same row with every operator and a few other numbers."""
    for name, numbers in (
        ("number", (0, 1, 2, 3, 7)),
        ("amount", ("0.00", "120.50", "300.00")),
        ("value", (37, 38.5, 41)),
    ):
        if name not in leaf:
            continue
        bare = {key: value for key, value in leaf.items() if key != "upper"}
        for operator in ("at_least", "more_than", "at_most", "less_than", "exactly", "not_exactly"):
            yield from ({**bare, name: each, "operator": operator} for each in numbers)


@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.night)])
def test_another_threshold_is_answered_from_the_numbers_that_were_kept(
    world: World, settings: Any, every: int
) -> None:
    settings.LEAF_SET_MIN_MICROSECONDS = 0
    with workspace_scope(world.workspace):
        scope = Scope(world.workspace, NOW)
        tried, kept = 0, 0
        for name in example_names()[::every]:
            leaf = world.examples()[name]
            first = parse_tree(leaf, workspace=world.workspace)
            makes = leaves_of(first, with_absence=False)
            if not any(measure_of(make(scope)) for make in makes.values()):
                continue
            first_sets = current_sets(makes, scope)
            measure_all(makes, scope)
            kept += LeafVector.objects.in_workspace(world.workspace).exists()
            assert first_sets == sets_at(makes, world, NOW)
            for other in with_other_threshold(leaf):
                try:
                    tree = parse_tree(other, workspace=world.workspace)
                except InvalidTree:
                    continue
                makes = leaves_of(tree, with_absence=False)
                LeafSet.objects.in_workspace(world.workspace).delete()
                with CaptureQueriesContext(connection) as asked:
                    found = current_sets(makes, Scope(world.workspace, NOW + MOVES[0]))
                assert found == sets_at(makes, world, NOW + MOVES[0]), other
                # Its rows would be read by a statement that names no contacts.
                whole = [e for e in asked if "array_agg" in e["sql"] and "ANY" not in e["sql"]]
                facts = ("transactions_", "contacts_attributevalue")
                tried += not any(name in each["sql"] for each in whole for name in facts)
        assert kept >= 30 // every
        assert tried > 300 // every


def test_very_many_rows_are_asked_for_once_each(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "MANY_ROWS", -1)
    monkeypatch.setattr(bringing, "MANY_CONTACTS", 0)
    with workspace_scope(world.workspace):
        makes = leaves_of(*all_examples(world)[::4], with_absence=True)
        found = current_sets(makes, Scope(world.workspace, NOW))
        universe = found[UNIVERSE]
        expected = sets_at(makes, world, NOW)
        assert {name: each & universe for name, each in expected.items()} == {
            name: each & universe for name, each in found.items()
        }


def test_who_matches_a_row_has_what_it_asks_about(world: World) -> None:
    """What absence.py rests on."""
    with workspace_scope(world.workspace):
        scope, tried = Scope(world.workspace, NOW), 0
        for tree in all_examples(world):
            [leaf] = tree.leaves()
            if not isinstance(leaf, Leaf) or (present := leaf.criterion.present(scope)) is None:
                continue
            queries = {"matching": leaf.criterion.matching(scope), "present": present}
            found = fetch_sets(queries, scope)
            # "Ever was" is about the past, "present" about now: who once was lacks nothing.
            is_past = getattr(leaf.criterion, "history", "") == "ever"
            assert is_past or not (found["matching"] - found["present"]), leaf.criterion
            tried += not is_past
        assert tried > 150
