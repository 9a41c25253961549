"""The numbers of every node, against sets made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from segments.compiler import compile_tree
from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, parse_tree
from segments.engine.evaluation import Evaluation, evaluate_tree, members_of
from segments.pins import Pins
from segments.services import evaluate_where
from tests.makers.contacts import NOW, make_contact
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def workspace() -> Any:
    """Nine contacts: tags a on 0-4, b on 3-6, c on 6-7; contact 8 has none."""
    workspace = make_workspace()
    with workspace_scope(workspace):
        for number in range(9):
            tags = [
                tag
                for tag, numbers in (("a", range(5)), ("b", range(3, 7)), ("c", range(6, 8)))
                if number in numbers
            ]
            make_contact(workspace, external_id=str(number), tags={"add": tags})
        yield workspace


def tagged(tag: str, **more: Any) -> dict[str, Any]:
    return {"type": "tags.has", "match": "any", "tags": [tag], **more}


def evaluate(workspace: Workspace, where: dict[str, Any], **pins: Any) -> Evaluation:
    tree = parse_tree(where, workspace=workspace)
    scope = Scope(workspace, LATER)
    evaluation = evaluate_tree(tree, scope, **pins)
    if not pins:
        assert list(evaluation.members.ids()) == sorted(
            compile_tree(tree, scope).values_list("pk", flat=True)
        )
        assert members_of(tree, scope) == evaluation.members
    return evaluation


def numbers(evaluation: Evaluation) -> dict[str, tuple[int, int, int, int, int]]:
    return {
        node.path: (node.size, node.enters, node.leaves, node.without, node.only_by_absence)
        for node in evaluation.nodes
    }


def test_all_runs_an_intersection(workspace: Workspace) -> None:
    evaluation = evaluate(workspace, {"all": [tagged("a"), tagged("b")]})
    assert evaluation.size == 2
    assert len(evaluation.universe) == 9
    assert numbers(evaluation) == {
        "$.where": (2, 9, 2, 9, 0),
        "$.where.all[0]": (5, 9, 5, 4, 0),
        "$.where.all[1]": (4, 5, 2, 5, 0),
    }


def test_any_runs_a_union_within_what_entered(workspace: Workspace) -> None:
    evaluation = evaluate(workspace, {"all": [tagged("a"), {"any": [tagged("b"), tagged("c")]}]})
    assert numbers(evaluation) == {
        "$.where": (2, 9, 2, 9, 0),
        "$.where.all[0]": (5, 9, 5, 5, 0),
        "$.where.all[1]": (5, 5, 2, 5, 0),
        "$.where.all[1].any[0]": (4, 5, 2, 0, 0),
        "$.where.all[1].any[1]": (2, 5, 2, 2, 0),
    }


def test_none_of_removes_and_tells_who_passes_for_lack_of_any_tag(workspace: Workspace) -> None:
    where = {"all": [{"not": {"any": [tagged("a"), tagged("c")]}}, tagged("b", disabled=True)]}
    evaluation = evaluate(workspace, where)
    assert evaluation.size == 2  # contacts 5 and 8
    assert numbers(evaluation) == {
        "$.where": (2, 9, 2, 9, 1),
        "$.where.all[0]": (2, 9, 2, 9, 1),
        "$.where.all[0].not": (7, 9, 7, 9, 1),
        "$.where.all[0].not.any[0]": (5, 9, 5, 7, 1),
        "$.where.all[0].not.any[1]": (2, 9, 7, 4, 1),
    }


def test_the_total_without_a_row_is_the_total_of_the_tree_without_it(workspace: Workspace) -> None:
    rows = [tagged("a"), {"not": {"any": [tagged("c"), {"all": [tagged("b"), tagged("a")]}]}}]
    where = {"any": [{"all": rows}, tagged("c")]}
    evaluation = evaluate(workspace, where)
    without = {path: counts[3] for path, counts in numbers(evaluation).items()}
    assert (
        without["$.where.any[0].all[0]"]
        == evaluate(workspace, {"any": [{"all": rows[1:]}, tagged("c")]}).size
    )
    assert without["$.where.any[0]"] == evaluate(workspace, tagged("c")).size
    assert without["$.where.any[1]"] == evaluate(workspace, {"all": rows}).size
    trimmed = {"not": {"any": [tagged("c")]}}
    assert (
        without["$.where.any[0].all[1].not.any[1].all[0]"]
        == evaluate(
            workspace,
            {
                "any": [
                    {"all": [rows[0], {"not": {"any": [tagged("c"), tagged("a")]}}]},
                    tagged("c"),
                ]
            },
        ).size
    )
    assert (
        without["$.where.any[0].all[1].not.any[1]"]
        == evaluate(workspace, {"any": [{"all": [rows[0], trimmed]}, tagged("c")]}).size
    )


def test_pinned_out_wins_over_pinned_in_wins_over_the_tree(workspace: Workspace) -> None:
    ids = [workspace.pk << 31 | number for number in range(1, 10)]
    evaluation = evaluate(
        workspace,
        tagged("c"),
        pins=Pins(frozenset({ids[0], ids[1]}), frozenset({ids[1], ids[6]})),
    )
    assert set(evaluation.members.ids()) == {ids[0], ids[7]}
    assert (evaluation.pins_added, evaluation.pins_removed) == (1, 1)


def test_a_pinned_id_of_another_workspace_is_unknown_and_never_a_contact_of_ours(
    workspace: Workspace,
) -> None:
    theirs = (workspace.pk + 1) << 31 | 1
    with pytest.raises(InvalidTree) as error:
        evaluate_where(workspace=workspace, where=tagged("c"), as_of=LATER, pinned_in=[theirs])
    assert [(e.path, e.code) for e in error.value.errors] == [("$.pinned_in[0]", "not_found")]


def test_only_members_are_warned_of_who_pass_a_row_for_lack_of_data(workspace: Workspace) -> None:
    none_of_c = {"not": {"any": [tagged("c")]}}
    everybody = evaluate_where(workspace=workspace, where=none_of_c, as_of=LATER)
    assert [(w.path, w.code, w.number) for w in everybody.warnings] == [
        ("$.where.not.any[0]", "only_by_absence", 1)
    ]
    tagged_ones = {"all": [tagged("a"), none_of_c]}  # whoever has a tag is known by it
    assert evaluate_where(workspace=workspace, where=tagged_ones, as_of=LATER).warnings == []
