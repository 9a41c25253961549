"""Answers a tree at once: sizes of all nodes, members, sentence and warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contacts.models import Contact
from segments.criteria.scope import Scope
from segments.criteria.tree import Tree, parse_tree
from segments.engine.coverage import Warning as TreeWarning
from segments.engine.coverage import warnings_for
from segments.engine.evaluation import Evaluation, evaluate_tree
from segments.engine.sets import ContactSet
from segments.pins import Pins, check_pins
from segments.sentence import sentence_of
from segments.services import measuring
from workspaces.models import Workspace


@dataclass(frozen=True)
class Answer:
    """An evaluated tree in words and numbers."""

    tree: Tree
    evaluation: Evaluation
    sentence: str
    warnings: Sequence[TreeWarning]


def evaluate_where(
    *,
    workspace: Workspace,
    where: Any,
    as_of: datetime,
    pinned_in: Sequence[int] = (),
    pinned_out: Sequence[int] = (),
    segment_id: int | None = None,
) -> Answer:
    """Evaluate a document that needn't be saved. Raises `InvalidTree`.

    `segment_id`: the segment being edited, so that it can't come to contain itself.
    """
    ancestors = () if segment_id is None else (segment_id,)
    tree = parse_tree(where, workspace=workspace, ancestors=ancestors)
    scope = Scope(workspace, as_of).knowing(tree.found)
    check_pins(scope, pinned_in=pinned_in, pinned_out=pinned_out)
    pins = Pins(frozenset(pinned_in), frozenset(pinned_out))
    evaluation = evaluate_tree(tree, scope, pins=pins)
    measuring.measure_soon(tree, evaluation, workspace=workspace)
    return Answer(
        tree=tree,
        evaluation=evaluation,
        sentence=sentence_of(tree, workspace.base_currency),
        warnings=warnings_for(tree, scope, evaluation),
    )


def member_page(
    *, workspace: Workspace, members: ContactSet, limit: int, after: int = 0
) -> list[Contact]:
    """The first members after a contact id, by id."""
    ids = members.id_list(limit=limit, after=after)
    return list(Contact.objects.in_workspace(workspace).filter(pk__in=ids).order_by("pk"))
