"""Activities with typed parameters: conditions bind to the same activity."""

from __future__ import annotations

from typing import Any

import pytest

from segments.criteria import activities
from tests.makers.contacts import days_ago, make_contact
from tests.makers.once import made_once
from tests.makers.segments import all_examples, check_example, errors_of, make_names, names
from tests.makers.tracking import make_activity
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@made_once
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(activities))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "none")
    check_example(workspace, where)


def did(*where: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "activities.did", "kind": "ticket_bought", "where": list(where), **more}


def price(operator: str, value: float, **more: Any) -> dict[str, Any]:
    given = {"parameter": "price", "operator": operator, "value": value}
    return {"field": "number", **given, **more}


def size(operator: str, *values: str) -> dict[str, Any]:
    given = {"values": list(values)} if values else {}
    return {"field": "text", "parameter": "size", "operator": operator, **given}


def ticket(workspace: Workspace, contact: str, days: float = 1, **parameters: Any) -> None:
    make_activity(workspace, contact, "ticket_bought", days_ago(days), **parameters)


def test_parameters_bind_to_the_same_activity(workspace: Workspace) -> None:
    """Semantics 10: a dear ticket and a large one are not a dear large ticket."""
    ticket(workspace, "split", price=80, size="S")
    ticket(workspace, "split", price=20, size="L")
    ticket(workspace, "same", price=80, size="l")
    assert names(workspace, did(price("more_than", 50), size("any_of", "L"))) == {"same"}
    apart = {"all": [did(price("more_than", 50)), did(size("any_of", "L"))]}
    assert names(workspace, apart) == {"split", "same"}


def test_counts_and_windows_are_of_the_activities_that_pass(workspace: Workspace) -> None:
    for days in (1, 40):
        ticket(workspace, "spread", days, price=60)
    for _ in range(2):
        ticket(workspace, "twice", 2, price=60)
    ticket(workspace, "cheap", price=10)
    make_contact(workspace, "never")
    recent = {"last": 30, "unit": "days"}
    twice = did(price("at_least", 60), operator="at_least", number=2, window=recent)
    assert names(workspace, twice) == {"twice"}
    none = did(price("at_least", 60), operator="exactly", number=0, window=recent)
    assert names(workspace, none) == {"cheap", "never"}
    assert names(workspace, did(operator="less_than", number=2)) == {"cheap", "never"}


def test_negative_tests_include_activities_without_the_parameter(workspace: Workspace) -> None:
    ticket(workspace, "large", price=1, size="L")
    ticket(workspace, "small", price=1, size="S")
    ticket(workspace, "unsized", price=1)
    make_contact(workspace, "never")
    assert names(workspace, did(size("none_of", "L"))) == {"small", "unsized"}
    assert names(workspace, did(size("has_no_value"))) == {"unsized"}
    assert names(workspace, did(size("has_value"))) == {"large", "small"}


def test_every_type_of_parameter_has_its_tests(workspace: Workspace) -> None:
    ticket(workspace, "gift", price=10.5, is_gift=True, day="2026-03-20")
    ticket(workspace, "own", price=99.99, is_gift=False, day="2026-05-01")
    gift = {"field": "boolean", "parameter": "is_gift", "value": True}
    soon = {
        "field": "date",
        "parameter": "day",
        "operator": "is",
        "window": {"next": 7, "unit": "days"},
    }
    assert names(workspace, did(gift)) == {"gift"}
    assert names(workspace, did(soon)) == {"gift"}
    assert names(workspace, did({**soon, "operator": "is_not"})) == {"own"}
    assert names(workspace, did(price("between", 10, upper=11))) == {"gift"}
    assert names(workspace, did(price("not_exactly", 10.5))) == {"own"}


def test_forms_are_activities(workspace: Workspace) -> None:
    make_activity(workspace, "a", "form_submitted", days_ago(1), form="Newsletter")
    make_activity(workspace, "b", "form_submitted", days_ago(1), form="Contact")
    form = {"field": "text", "parameter": "form", "operator": "any_of", "values": ["newsletter"]}
    where = {"type": "activities.did", "kind": "form_submitted", "where": [form]}
    assert names(workspace, where) == {"a"}


@pytest.mark.parametrize(
    ("where", "path", "code"),
    [
        (did(kind="unknown"), "$.where.kind", "not_found"),
        (
            did({**price("at_least", 1), "parameter": "weight"}),
            "$.where.where[0].parameter",
            "not_found",
        ),
        (
            did({**price("at_least", 1), "parameter": "size"}),
            "$.where.where[0].parameter",
            "wrong_type",
        ),
        (did(price("between", 3)), "$.where.where[0].upper", "invalid"),
        (did(price("between", 3, upper=2)), "$.where.where[0].upper", "invalid"),
        (did(size("any_of")), "$.where.where[0].values", "invalid"),
    ],
)
def test_a_row_that_makes_no_sense_is_an_error_with_its_path(
    workspace: Workspace, where: dict[str, Any], path: str, code: str
) -> None:
    assert (path, code) in {(error.path, error.code) for error in errors_of(workspace, where)}


def test_a_parameter_of_another_kind_is_unknown(workspace: Workspace) -> None:
    make_activity(workspace, "a", "webinar", days_ago(1), topic="sails")
    topic = {"field": "text", "parameter": "topic", "operator": "has_value"}
    [error] = errors_of(workspace, did(topic))
    assert (error.path, error.code) == ("$.where.where[0].parameter", "not_found")
