from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from types import ModuleType
from typing import Any

import pytest

from contacts.models import Contact
from contacts.services import create_category, create_tag
from segments.compiler import compile_tree
from segments.criteria.base import all_criteria, find_criterion
from segments.criteria.forms import criterion_form
from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Tree, TreeError, parse_tree, to_document
from segments.engine.coverage import Warning, warnings_for
from segments.engine.evaluation import Evaluation, evaluate_tree
from segments.models import PinDirection, Segment, SegmentPin
from segments.sentence import sentence_of
from tests.makers.contacts import make_attribute
from tests.makers.workspaces import NOW
from tracking.services import define_activity_kind, define_builtin_kinds
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_numbers = count(1)
LATER = NOW + timedelta(seconds=1)  # contacts made at NOW are known by then


def make_segment(
    workspace: Workspace,
    where: dict[str, Any],
    *,
    name: str = "",
    now: datetime = NOW,
    pinned_in: Iterable[Contact] = (),
    pinned_out: Iterable[Contact] = (),
    pinned_at: datetime | None = None,
) -> Segment:
    """A saved segment, not counted yet; its tree is checked when it is used."""
    with workspace_scope(workspace):
        segment = Segment.objects.create(
            workspace=workspace,
            name=name or f"Segment {next(_numbers)}",
            definition={"version": 1, "where": where},
            created_at=now,
            changed_at=now,
        )
        pins = [(PinDirection.IN, each) for each in pinned_in]
        pins += [(PinDirection.OUT, each) for each in pinned_out]
        SegmentPin.objects.bulk_create(
            SegmentPin(
                workspace=workspace,
                segment=segment,
                contact=contact,
                direction=direction,
                valid_from=pinned_at or now,
            )
            for direction, contact in pins
        )
    return segment


def parse(workspace: Workspace, where: Any, **options: Any) -> Tree:
    with workspace_scope(workspace):
        return parse_tree(where, workspace=workspace, **options)


def errors_of(workspace: Workspace, where: Any, **options: Any) -> list[TreeError]:
    """What is wrong with a tree; empty for a valid one. `ancestors`: segments it stands in."""
    try:
        parse(workspace, where, **options)
    except InvalidTree as error:
        return error.errors
    return []


def evaluate(workspace: Workspace, where: Any, *, as_of: datetime = LATER) -> Evaluation:
    with workspace_scope(workspace):
        tree = parse_tree(where, workspace=workspace)
        return evaluate_tree(tree, Scope(workspace, as_of))


def members(workspace: Workspace, where: Any, *, as_of: datetime = LATER) -> set[int]:
    """The ids of the contacts a tree matches, by both ways of evaluating, which must agree."""
    with workspace_scope(workspace):
        tree = parse_tree(where, workspace=workspace)
        scope = Scope(workspace, as_of)
        compiled = set(compile_tree(tree, scope).values_list("pk", flat=True))
        by_sets = set(evaluate_tree(tree, scope).members.ids())
    assert compiled == by_sets, "the compiled queryset and the leaf sets disagree"
    return compiled


def names(workspace: Workspace, where: Any, *, as_of: datetime = LATER) -> set[str]:
    """The external ids of the contacts a tree matches."""
    ids = members(workspace, where, as_of=as_of)
    with workspace_scope(workspace):
        found = Contact.objects.in_workspace(workspace).filter(pk__in=ids)
        return {contact.external_id or "" for contact in found}


def warnings(workspace: Workspace, where: Any, *, as_of: datetime = LATER) -> Sequence[Warning]:
    """What the wizard tells about the rows of a tree."""
    with workspace_scope(workspace):
        tree, scope = parse_tree(where, workspace=workspace), Scope(workspace, as_of)
        return warnings_for(tree, scope, evaluate_tree(tree, scope))


def sentence(workspace: Workspace, where: Any) -> str:
    return sentence_of(parse(workspace, where), workspace.base_currency)


def make_names(workspace: Workspace) -> None:
    """Everything the examples of criteria name: tags, categories, attributes, kinds."""
    with workspace_scope(workspace):
        for name in ("vip", "newsletter"):
            create_tag(workspace=workspace, name=name)
        for name in ("wholesale", "press"):
            create_category(workspace=workspace, name=name)
        make_attribute(workspace, "shoe_size", "number")
        make_attribute(workspace, "size_choice", "choice", options=["S", "M", "L"])
        make_attribute(workspace, "interests", "choices", options=["sailing", "cooking", "chess"])
        make_attribute(workspace, "is_student", "boolean")
        make_attribute(workspace, "contract_end", "date")
        make_attribute(workspace, "trial_ends_at", "datetime")
        define_builtin_kinds(workspace=workspace)
        define_activity_kind(
            workspace=workspace,
            key="ticket_bought",
            label="Bought a ticket",
            parameters={"price": "number", "size": "text", "is_gift": "boolean", "day": "date"},
        )


def all_examples(module: ModuleType) -> list[Any]:
    """Each example of each criterion of a module, as pytest parameters."""
    found = []
    for cls in all_criteria():
        if cls.__module__ == module.__name__:
            for number, example in enumerate(cls.examples):
                found.append(pytest.param({"type": cls.key, **example}, id=f"{cls.key}-{number}"))
    return found


def check_example(workspace: Workspace, where: dict[str, Any]) -> None:
    """The laws that need no data: one validator, both ways agree, complement, sentence, form."""
    with workspace_scope(workspace):
        tree = parse_tree(where, workspace=workspace)
        assert to_document(tree.root) == where
        everybody = set(Scope(workspace, LATER).contacts().values_list("pk", flat=True))
    matching = members(workspace, where, as_of=LATER)
    others = members(workspace, {"not": where}, as_of=LATER)
    assert matching | others == everybody
    assert not matching & others
    assert "{" not in sentence(workspace, where)
    criterion = find_criterion(where["type"])
    assert criterion is not None
    json.dumps(criterion_form(criterion))
