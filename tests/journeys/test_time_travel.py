"""The past as the present saw it: `as_of` a day equals the shop loaded only up to that day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contacts.models import Contact
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.evaluation import evaluate_tree
from segments.wizard.templates import templates_for
from tests.journeys.shop import load_shop, shop, shop_until, twelve_leaves
from tests.makers.workspaces import NOW
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

# A winter, the hour summer time begins in Warsaw, a summer, and lately.
DAYS = (
    datetime(2025, 1, 15, tzinfo=UTC),
    datetime(2025, 3, 30, 1, tzinfo=UTC),
    datetime(2025, 8, 31, 22, tzinfo=UTC),
    datetime(2026, 3, 13, 9, 30, tzinfo=UTC),
)


def answer(workspace: Workspace, where: Any, as_of: datetime) -> tuple[Any, ...]:
    """Everything an evaluation says, contacts by their external id."""
    with workspace_scope(workspace):
        evaluation = evaluate_tree(parse_tree(where, workspace=workspace), Scope(workspace, as_of))
        nodes = [
            (node.path, node.size, node.enters, node.leaves, node.without, node.only_by_absence)
            for node in evaluation.nodes
        ]
        return nodes, names_of(evaluation.members.ids(), workspace), len(evaluation.universe)


def names_of(ids: Any, workspace: Workspace) -> set[str]:
    contacts = Contact.objects.in_workspace(workspace).filter(pk__in=list(ids))
    return {contact.external_id or "" for contact in contacts}


def test_as_of_a_day_equals_the_same_shop_loaded_only_up_to_that_day():
    full = load_shop(shop())
    with workspace_scope(full):
        templates = templates_for(workspace=full, now=NOW)
    [up_selling] = [each["where"] for each in templates if each["key"] == "U1"]
    brand = up_selling["where"][0]["values"][0]
    trees = {each["key"]: each["where"] for each in templates}
    trees["twelve"] = twelve_leaves(brand)
    matched: dict[str, int] = dict.fromkeys(trees, 0)
    for day in DAYS:
        partial = load_shop(shop_until(shop(), day), now=day)
        for key, where in trees.items():
            then = answer(full, where, day)
            assert then == answer(partial, where, day), (key, day)
            matched[key] += len(then[1])
    assert [key for key, number in matched.items() if not number] == [], (
        "each tree matched somebody"
    )
