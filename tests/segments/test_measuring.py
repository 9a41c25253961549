"""Numbers behind rows are measured after the first answer, and answer other thresholds exactly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine import storing
from segments.models import LeafVector
from segments.services import measuring
from segments.services.evaluating import evaluate_where
from segments.services.measuring import measure_rows
from tests.laws.conftest import world  # noqa: F401
from tests.makers.workspaces import NOW
from tests.segments.world import World
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
# ruff: noqa: F811

SIZE = {"type": "contacts.number", "attribute": "shoe_size", "operator": "at_least", "value": 38}
AVERAGE = {"type": "transactions.average_order", "operator": "at_least", "amount": "80.00"}


@pytest.fixture(autouse=True)
def _every_set_is_kept(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LEAF_SET_MIN_MICROSECONDS = 0
    monkeypatch.setattr(storing, "PAST", timedelta(days=9999))
    monkeypatch.setattr(storing, "FUTURE", timedelta(days=9999))
    measuring._asked_for.clear()


def test_the_first_answer_reads_no_numbers_and_asks_for_them_once(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    with workspace_scope(world.workspace):
        for expected in (1, 0):
            with django_capture_on_commit_callbacks() as sent:
                answer = evaluate_where(workspace=world.workspace, where=SIZE, as_of=NOW)
            assert len(answer.evaluation.unmeasured) == 1
            assert len(sent) == expected
            assert not LeafVector.objects.in_workspace(world.workspace).exists()


@pytest.mark.parametrize(
    ("row", "others"),
    [
        (SIZE, [{"value": 41.5}, {"operator": "between", "value": 37, "upper": 40}]),
        (AVERAGE, [{"amount": "33.33"}, {"operator": "less_than", "amount": "120.00"}]),
    ],
)
def test_another_threshold_asks_nothing_of_everybody(
    world: World, row: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    workspace = world.workspace
    with workspace_scope(workspace):
        exact = [
            evaluate_where(workspace=workspace, where={**row, **other}, as_of=NOW)
            for other in others
        ]
        assert measure_rows(workspace=workspace, rows=[row], as_of=NOW) == 1
        assert measure_rows(workspace=workspace, rows=[row], as_of=NOW) == 0  # still fresh
        for other, expected in zip(others, exact, strict=True):
            _forget_leaves(workspace)
            with CaptureQueriesContext(connection) as asked:
                found = evaluate_where(workspace=workspace, where={**row, **other}, as_of=NOW)
            assert found.evaluation.members == expected.evaluation.members
            assert 0 < len(found.evaluation.members) < len(found.evaluation.universe)
            assert not found.evaluation.unmeasured
            tables = ("contacts_attributevalue", "transactions_")
            whole = [each["sql"] for each in asked if "array_agg" in each["sql"]]
            assert not any(table in sql for sql in whole for table in tables)


def _forget_leaves(workspace: Any) -> None:
    """All sets but those of who there is and of who has a value at all."""
    kept = ("universe", "present")
    for each in storing.LeafSet.objects.in_workspace(workspace):
        if not each.name.startswith(kept):
            each.delete()


def test_what_is_gone_by_then_is_not_measured(world: World) -> None:
    with workspace_scope(world.workspace):
        gone = {**SIZE, "attribute": "no_such_detail"}
        assert measure_rows(workspace=world.workspace, rows=[gone], as_of=NOW) == 0


@pytest.mark.parametrize("window", ["ever", {"last": 90, "unit": "days"}])
@pytest.mark.parametrize(
    "test", [("exactly", 2), ("at_least", 3), ("at_most", 1), ("at_most", 4), ("less_than", 1)]
)
def test_signs_in_several_channels_are_counted_as_the_database_counts_them(
    world: World, test: tuple[str, int], window: Any
) -> None:
    operator, number = test
    row = {"type": "engagement.engaged", "operator": operator, "number": number, "window": window}
    with workspace_scope(world.workspace):
        found = evaluate_where(workspace=world.workspace, where=row, as_of=NOW).evaluation
        criterion: Any = parse_tree(row, workspace=world.workspace).root
        criterion = criterion.criterion
        queryset = criterion.matching(Scope(world.workspace, NOW))
        ids = {next(iter(each.values())) for each in queryset}
    everybody = set(found.universe.id_list())
    expected = everybody - ids if criterion.negated else everybody & ids
    assert set(found.members.id_list()) == expected
    assert expected != everybody
