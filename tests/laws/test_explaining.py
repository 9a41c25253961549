"""Why somebody is in or out says what membership says, of every example and random trees."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.evaluation import evaluate_tree
from segments.explain.parts import Explanation, Reason
from segments.services.explaining import explain_segment, explain_where
from segments.services.recounting import evaluate_segment
from tests.laws.answering import wide_trees
from tests.laws.random_trees import Grower, shared_leaves
from tests.segments.world import World
from tests.segments.world_time import AS_OFS, ASKED
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _inside(world: World) -> Any:
    with workspace_scope(world.workspace):
        yield


def known(world: World, as_of: datetime) -> list[Contact]:
    return list(Scope(world.workspace, as_of).contacts().order_by("pk"))


def explain(world: World, where: Any, contact: Contact, as_of: datetime) -> Explanation:
    return explain_where(
        workspace=world.workspace, where=where, contact=contact, as_of=as_of, now=as_of
    )


def check_examples(world: World, people: Sequence[Contact], as_of: datetime) -> int:
    """All examples stand in one tree, so that a contact costs one explanation."""
    with wide_trees():
        where = {"any": list(world.examples().values())}
        tree = parse_tree(where, workspace=world.workspace)
        sets = evaluate_tree(tree, Scope(world.workspace, as_of)).node_sets
        for contact in people:
            found = explain(world, where, contact, as_of)
            assert found.reason is not None
            for row in found.reason.children:
                wanted = contact.pk in sets[row.path]
                assert row.holds == wanted, (row.said, contact.pk, as_of)
                check_figure(row)
    return len(people) * len(world.examples())


def check_figure(row: Reason) -> None:
    """The number says what the row says, and the change is the smallest that flips it."""
    if row.figure is None or row.figure.missing is None:
        assert row.change
        return
    assert row.figure.missing != 0, row.said


def test_every_row_holds_as_the_count_says(world: World, record_property: Any) -> None:
    chance = random.Random(11)
    tried = 0
    for as_of in (ASKED, AS_OFS[2]):
        tried += check_examples(world, chance.sample(known(world, as_of), 8), as_of)
    record_property("rows explained", tried)
