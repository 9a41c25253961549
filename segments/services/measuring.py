"""Measures in the background what another threshold of a row could be answered from.

Asking who passes a threshold reads few rows; the numbers of everybody are many. So the first answer
comes without them, and whoever moves the threshold afterwards finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction

from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Leaf, Tree, parse_tree, to_document
from segments.engine.evaluation import Evaluation, leaves_of
from segments.engine.vector_store import measure_all
from segments.services.keeping import keep_soon
from workspaces.models import Workspace

# A process asks for the same row to be measured at most so often.
AGAIN_AFTER = timedelta(minutes=10)
MOST_REMEMBERED = 4_000

_asked_for: dict[tuple[int, str], datetime] = {}


def measure_soon(tree: Tree, evaluation: Evaluation, *, workspace: Workspace) -> None:
    """Have a worker measure the rows of the tree that answer another threshold slowly, and read
    the tables that rows are answered from."""
    as_of = evaluation.as_of
    keep_soon(evaluation.outdated, workspace=workspace, as_of=as_of)
    rows = {
        leaf.canonical: to_document(leaf)
        for leaf in tree.leaves()
        if isinstance(leaf, Leaf) and leaf.canonical in evaluation.unmeasured
    }
    wanted = [each for name, each in rows.items() if _is_due(workspace.pk, name, as_of)]
    if not wanted:
        return
    transaction.on_commit(partial(_send, workspace.pk, wanted), robust=True)


def _is_due(workspace_id: int, name: str, as_of: datetime) -> bool:
    before = _asked_for.get((workspace_id, name))
    if before is not None and abs(as_of - before) < AGAIN_AFTER:
        return False
    if len(_asked_for) >= MOST_REMEMBERED:
        _asked_for.clear()
    _asked_for[workspace_id, name] = as_of
    return True


def _send(workspace_id: int, rows: list[dict[str, Any]]) -> None:
    current_app.send_task(
        "segments.tasks.measure_rows",
        kwargs={"workspace_id": workspace_id, "rows": rows},
        expires=600,
        retry=False,
    )


def measure_rows(*, workspace: Workspace, rows: Sequence[Any], as_of: datetime) -> int:
    """Measure these rows of trees for everybody. How many were: the others are fresh, or gone."""
    try:
        tree = parse_tree({"any": list(rows)}, workspace=workspace)
    except InvalidTree:
        return 0  # something it names was deleted since
    return measure_all(
        leaves_of(tree, with_absence=False), Scope(workspace, as_of).knowing(tree.found)
    )
