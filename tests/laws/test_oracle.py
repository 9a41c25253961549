"""Every example of every criterion: the product and a plain evaluator name the same contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from segments.compiler import compile_tree
from segments.criteria.base import all_criteria
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.evaluation import members_of
from tests.laws.oracle import Oracle
from tests.laws.oracle.asking import ANSWERS, ANSWERS_FOR_ALL
from tests.segments.world import World, example_names
from tests.segments.world_time import AS_OFS
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def oracle(world: World, django_db_blocker: Any) -> Oracle:
    with django_db_blocker.unblock(), workspace_scope(world.workspace):
        return Oracle(world.workspace.pk)


def test_the_oracle_knows_every_criterion() -> None:
    assert {cls.key for cls in all_criteria()} == set(ANSWERS) | set(ANSWERS_FOR_ALL)


@pytest.mark.parametrize("name", example_names())
def test_the_example(world: World, oracle: Oracle, name: str, record_property: Any) -> None:
    leaf = world.examples()[name]
    with workspace_scope(world.workspace):
        tree = parse_tree(leaf, workspace=world.workspace)
        for as_of in AS_OFS:
            scope = Scope(world.workspace, as_of)
            expected = oracle.matching(leaf, as_of)
            assert set(members_of(tree, scope).ids()) == expected, told(as_of)
            assert set(compile_tree(tree, scope).values_list("pk", flat=True)) == expected
    record_property("examples asked at instants", len(AS_OFS))


def told(as_of: datetime) -> str:
    return f"as of {as_of.isoformat()}"
