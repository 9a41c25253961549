"""Many segments together: counted anew, and brought an hour further."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import Any

from segments.criteria.scope import Scope
from segments.criteria.tree import Names, Tree, parse_tree
from segments.engine.pool import LeafPool
from segments.engine.sets import ContactSet
from tests.bench.changing import log, some_changes, touched_between
from tests.bench.measure import Figure, Skipped, measures
from tests.bench.prepared import Bench
from tests.bench.product import forget_leaves
from tests.bench.segments import distinct_leaves, shared_leaves, trees_of
from tests.bench.timing import Disagreement, timed
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

HOUR = timedelta(hours=1)
BUSY = timedelta(hours=15)  # before the instant of the questions, the evening's busiest hour ends
CHANGED = 1_000
ROUNDS = 9  # what patching costs is found out in the first few


@measures("shared", "100 segments, 380 leaf uses, 21 distinct leaves")
def shared(bench: Bench, repeats: int) -> list[Figure]:
    """Few leaves that all segments share."""
    return _recounted(bench, trees_of(shared_leaves(bench)), repeats, (2.0, 1.0))


@measures("distinct", "100 segments, 300 distinct leaves")
def distinct(bench: Bench, repeats: int) -> list[Figure]:
    """Most leaves in one segment only."""
    return _recounted(bench, trees_of(distinct_leaves()), repeats, (25.0, 5.0))


def _recounted(
    bench: Bench, documents: list[dict[str, Any]], repeats: int, goals: tuple[float, float]
) -> list[Figure]:
    """Raises `Disagreement` when sets brought further aren't those asked anew."""
    workspace, end = bench.large, bench.as_of - BUSY
    full, hours = [], []
    changes = touched_between(workspace, end - HOUR, end)
    for _ in range(min(repeats, 3)):
        forget_leaves(workspace, everything=True)
        pool = LeafPool(workspace)
        _, took = timed(lambda pool=pool: _count(pool, documents, end - HOUR, is_new=True))
        full.append(took)
        log(workspace, changes)
        later, took = timed(lambda pool=pool: _count(pool, documents, end, is_new=False))
        hours.append(took)
    afresh = _count(LeafPool(workspace), documents, end, is_new=True)
    if later != afresh:
        raise Disagreement("Sets brought an hour further differ from those asked anew.")
    touched = len({each for ids in changes.values() for each in ids})
    note = f"{touched:,} contacts with new facts; the result equals a full recount"
    return [
        _seconds("full recount", median(full), goals[0]),
        _seconds("one-hour increment", median(hours), goals[1], note),
    ]


def _count(
    pool: LeafPool, documents: list[dict[str, Any]], as_of: datetime, *, is_new: bool
) -> list[ContactSet]:
    """The members of every segment, after parsing all of them."""
    with workspace_scope(pool.workspace):
        trees = _parsed(pool.workspace, documents)
        scope = Scope(pool.workspace, as_of).knowing(trees[0].found)
        if is_new:
            pool.hold(trees, scope)
        else:
            pool.advance(scope)
        found = [pool.members(tree) for tree in trees]
        for members in found:
            len(members)
        return found


def _parsed(workspace: Workspace, documents: list[dict[str, Any]]) -> list[Tree]:
    names: Names = {}  # as recounts do that are counted together
    return [parse_tree(document, workspace=workspace, names=names) for document in documents]


def _seconds(what: str, milliseconds: float, goal: float, note: str = "") -> Figure:
    seconds = milliseconds / 1000
    return Figure(what, f"{seconds:.2f} s", f"≤ {goal:g} s", seconds <= goal, note)


@measures("growth", "The same number of changed contacts in a shop ten times as large")
def growth(bench: Bench, repeats: int) -> list[Figure]:
    """Incremental recount of the 100 segments after 1,000 contacts changed."""
    documents = trees_of(shared_leaves(bench))
    sizes = ((bench.tenth, max(bench.size // 10, 500)), (bench.large, bench.size))
    if sizes[0][1] // 2 < CHANGED:
        raise Skipped("the smaller shop has too few contacts")
    medians = []
    for workspace, size in sizes:
        pool, took = LeafPool(workspace), []
        _count(pool, documents, bench.as_of, is_new=True)
        changes = some_changes(workspace, size, CHANGED)
        for _ in range(max(repeats, ROUNDS)):
            log(workspace, changes)
            _, milliseconds = timed(
                lambda pool=pool: _count(pool, documents, bench.as_of, is_new=False)
            )
            took.append(milliseconds)
        medians.append(median(took))
    ratio = medians[1] / medians[0]
    note = f"{medians[0]:.0f} ms at a tenth, {medians[1]:.0f} ms here; {CHANGED:,} contacts"
    return [Figure("growth", f"{ratio:.2f} times", "≤ 1.5 times", ratio <= 1.5, note)]
