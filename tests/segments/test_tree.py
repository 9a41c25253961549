"""The one validator: what a tree may be, and what it says about one that it may not."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.models import StaticList
from segments.criteria.tree import MAX_DEPTH, MAX_LEAVES, to_document
from tests.makers.contacts import make_contact, make_list
from tests.makers.once import made_once
from tests.makers.segments import errors_of, make_names, make_segment, parse
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

VIP = {"type": "tags.has", "tags": ["vip"]}


@made_once
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


def told(workspace: Workspace, where: Any) -> list[tuple[str, str]]:
    return [(error.path, error.code) for error in errors_of(workspace, where)]


def deep(levels: int) -> Any:
    return VIP if levels == 1 else {"any": [deep(levels - 1)]}


def test_a_document_comes_back_as_it_was(workspace: Workspace) -> None:
    where = {
        "any": [
            {"all": [VIP, {"not": {"any": [VIP, {**VIP, "disabled": True}]}}]},
            {"all": [VIP], "disabled": True},
        ]
    }
    assert to_document(parse(workspace, where).root) == where


@pytest.mark.parametrize(
    ("where", "path", "code"),
    [
        ({"all": []}, "$.where.all", "empty"),
        ({"all": [VIP, {"any": []}]}, "$.where.all[1].any", "empty"),
        ({"all": [{**VIP, "disabled": True}]}, "$.where.all", "empty"),
        ({"not": {**VIP, "disabled": True}}, "$.where.not", "empty"),
        ({**VIP, "disabled": True}, "$.where", "empty"),
        ({"none": [VIP]}, "$.where", "invalid"),
        ({"all": [VIP], "any": [VIP]}, "$.where", "invalid"),
        ({"all": [VIP], "name": "x"}, "$.where.name", "unknown"),
        ({"type": "tags.had"}, "$.where.type", "unknown"),
        ({"type": "tags.has"}, "$.where.tags", "missing"),
        ({"type": "tags.has", "tags": []}, "$.where.tags", "invalid"),
        ({"type": "tags.has", "tags": ["vip"], "of": 1}, "$.where.of", "unknown"),
        ({"type": "tags.has", "tags": ["vip", "x"]}, "$.where.tags[1]", "not_found"),
        ({"segment": 4}, "$.where.segment", "not_found"),
        ({"segment": "4"}, "$.where.segment", "invalid"),
        (deep(MAX_DEPTH + 1), "$.where" + ".any[0]" * MAX_DEPTH, "too_deep"),
        ({"any": [VIP] * (MAX_LEAVES + 1)}, "$.where.any", "too_many"),
        ({"any": [{"any": [VIP] * MAX_LEAVES}, VIP]}, "$.where", "too_many"),
        ({"any": ["x" * 300_000]}, "$.where", "too_large"),
        (
            {
                "type": "visits.visited",
                "where": [{"field": "device", "operator": "has_value", "values": ["x"]}],
            },
            "$.where.where[0].values",
            "invalid",
        ),
    ],
)
def test_what_is_wrong_has_its_path(workspace: Workspace, where: Any, path: str, code: str) -> None:
    assert (path, code) in told(workspace, where)


def test_the_limits_themselves_are_allowed(workspace: Workspace) -> None:
    assert told(workspace, deep(MAX_DEPTH)) == []
    assert told(workspace, {"any": [VIP] * MAX_LEAVES}) == []


def test_every_fault_is_told_at_once(workspace: Workspace) -> None:
    where = {"all": [{"type": "x"}, {"any": []}, {"type": "tags.has", "tags": ["nobody"]}]}
    assert {path for path, _code in told(workspace, where)} == {
        "$.where.all[0].type",
        "$.where.all[1].any",
        "$.where.all[2].tags[0]",
    }


def test_a_row_switched_off_may_name_what_is_gone(workspace: Workspace) -> None:
    gone = {"type": "tags.has", "tags": ["gone"], "disabled": True}
    assert told(workspace, {"all": [VIP, gone, {"segment": 77, "disabled": True}]}) == []


def test_a_segment_whose_list_is_gone_is_broken_wherever_it_is_named(
    workspace: Workspace,
) -> None:
    """Semantics 11: never "everybody", never "nobody"."""
    found = make_list(workspace, "Fair", make_contact(workspace, "a"))
    segment = make_segment(workspace, {"type": "lists.on_list", "lists": [found.pk]}, name="S")
    user = {"not": {"segment": segment.pk}}
    assert told(workspace, user) == []
    with workspace_scope(workspace):
        StaticList.objects.in_workspace(workspace).filter(pk=found.pk).update(
            archived_at=segment.created_at
        )
    [error] = errors_of(workspace, user)
    assert (error.path, error.code) == ("$.where.not.segment", "broken")
    assert "S" in error.message
