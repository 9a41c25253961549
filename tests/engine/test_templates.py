"""A leaf moved in time is the leaf compiled for that time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine import templates
from segments.engine.algebra import UNIVERSE
from segments.engine.evaluation import leaves_of
from segments.engine.leaves import fetch_sets
from segments.engine.questions import Contacts, ask, ask_measure
from segments.engine.templates import asked_all, asked_among, asked_at, measure_asked_at
from tests.laws.conftest import world  # noqa: F401
from tests.makers.workspaces import NOW
from tests.segments.world import World, example_names
from tracking.models import ActivityKind
from transactions.models import Product
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
# ruff: noqa: F811

# Within a quarter, and over the midnight of the workspace.
MIDNIGHT = NOW.replace(hour=23, minute=0)
INSTANTS = [
    *(NOW + timedelta(seconds=second, microseconds=second) for second in (0, 1, 400, 899)),
    *(MIDNIGHT + timedelta(seconds=second) for second in (-2, -1, -0.5, 0, 1, 2)),
]


def test_every_example_moved_in_time_is_what_compiling_it_gives(world: World) -> None:
    with workspace_scope(world.workspace):
        trees = [
            parse_tree(world.examples()[name], workspace=world.workspace)
            for name in example_names()
        ]
        makes = leaves_of(*trees, with_absence=True)
        for as_of in INSTANTS:
            found = asked_all(makes, Scope(world.workspace, as_of))
            scope = Scope(world.workspace, as_of)
            for name, asked in found.items():
                exact = ask(name, makes[name], scope)
                assert (asked.sql, asked.moments, asked.key) == (
                    exact.sql,
                    exact.moments,
                    exact.key,
                ), name
        moved = sum(each.moves is not None for each in templates._templates._held.values())
        assert moved > len(makes)


@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.night)])
def test_examples_asked_of_some_contacts_are_what_they_give(world: World, every: int) -> None:
    with workspace_scope(world.workspace):
        trees = [
            parse_tree(world.examples()[name], workspace=world.workspace)
            for name in example_names()[::every]
        ]
        makes = leaves_of(*trees, with_absence=True)
        ids = list(Scope(world.workspace, NOW).contacts().values_list("pk", flat=True))
        found_some = 0
        for number, as_of in enumerate(INSTANTS[:4]):
            scope, some = Scope(world.workspace, as_of), sorted(ids[number::3])
            asked = asked_all(makes, scope)
            moved = {name: asked_among(each, Contacts(some), scope) for name, each in asked.items()}
            exact = {name: make(scope.only(some)) for name, make in makes.items()}
            found, expected = fetch_sets(moved, scope), fetch_sets(exact, scope)
            assert [name for name in makes if found[name] != expected[name]] == []
            found_some += sum(bool(each) for each in found.values())
        assert found_some > len(makes)
        kept = templates._templates._held
        assert sum(key[0] == "among" for key in kept) > 60 // every


def test_what_is_measured_moves_as_well(world: World) -> None:
    with workspace_scope(world.workspace):
        leaf = {
            "type": "transactions.number_of_orders",
            "operator": "at_least",
            "number": 3,
            "window": {"last": 90, "unit": "days"},
        }
        [(name, make)] = [
            item
            for item in leaves_of(
                parse_tree(leaf, workspace=world.workspace), with_absence=False
            ).items()
            if item[0] != UNIVERSE
        ]
        for seconds in (0, 5, 9, 14):
            scope = Scope(world.workspace, NOW + timedelta(seconds=seconds))
            moved, exact = measure_asked_at(name, make, scope), ask_measure(make, scope)
            assert moved is not None
            assert exact is not None
            assert (moved.key, moved.moments) == (exact.key, exact.moments)


def test_what_was_looked_up_is_looked_up_again(world: World) -> None:
    leaf = {"type": "engagement.engaged", "operator": "exactly", "number": 0}
    with workspace_scope(world.workspace):
        tree = parse_tree({"any": [leaf, leaf]}, workspace=world.workspace)
        makes = leaves_of(tree, with_absence=True)
        assert len(makes) == 3  # the second one finds what was looked up for the first
        for second in range(3):
            asked_all(makes, Scope(world.workspace, NOW + timedelta(seconds=second)))
        ActivityKind.objects.create(
            workspace=world.workspace, key="new_kind", label="New", is_engagement=True
        )
        scope = Scope(world.workspace, NOW + timedelta(seconds=4))
        for name, asked in asked_all(makes, scope).items():
            assert asked.params == ask(name, makes[name], scope).params


def test_a_name_that_stands_for_something_else_is_compiled_anew(world: World) -> None:
    with workspace_scope(world.workspace):
        product = Product.objects.in_workspace(world.workspace).order_by("pk").first()
        assert product is not None
        leaf = {
            "type": "transactions.bought",
            "where": [{"field": "product", "values": [product.name]}],
        }
        makes = leaves_of(parse_tree(leaf, workspace=world.workspace), with_absence=False)
        [name] = [name for name in makes if name != UNIVERSE]
        keys = {
            asked_at(name, makes[name], Scope(world.workspace, NOW + timedelta(seconds=s))).key
            for s in range(3)
        }
        assert len(keys) == 1
        product.pk, product.external_id = None, "of-the-same-name"
        product.save(force_insert=True)
        scope = Scope(world.workspace, NOW + timedelta(seconds=4))
        changed = asked_at(name, makes[name], scope).key
        assert changed == ask(name, makes[name], scope).key
        assert changed not in keys
