"""Our side: the same questions through the product's own engine, and what they cost it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import override_settings

from segments.criteria.scope import Scope
from segments.criteria.tree import Leaf, Tree, parse_tree, to_document
from segments.engine import storing
from segments.engine.algebra import UNIVERSE
from segments.engine.columns.answering import starts_from_columns
from segments.engine.columns.numbers import COMBINED
from segments.engine.evaluation import Evaluation, evaluate_tree, leaves_of
from segments.engine.pool import LeafPool
from segments.engine.remembering import remembered
from segments.engine.sets import ContactSet
from segments.engine.templates import asked_all
from segments.models import LeafSet, LeafVector
from segments.services.measuring import measure_rows
from transactions.models import ContactStatistics
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

ROW_TABLE = ContactStatistics._meta.db_table


@dataclass(frozen=True)
class Reads:
    """Whether the row of statistics a contact is read, and how many of so many leaves are answered
    from columns that are kept of tables."""

    row: bool
    leaves: int
    from_columns: int


@contextmanager
def without_columns() -> Iterator[None]:
    """Everything is asked of PostgreSQL in here."""
    with override_settings(KEPT_TABLES_FROM_CONTACTS=2**31):
        yield


@dataclass(frozen=True)
class Asked:
    """A document in a workspace at an instant; parsed anew each time, as requests do."""

    workspace: Workspace
    where: Any
    as_of: datetime

    def members(self) -> ContactSet:
        """Who it matches, without numbers of the nodes."""
        with workspace_scope(self.workspace):
            tree, scope = self._parsed()
            pool = LeafPool(self.workspace)
            pool.hold([tree], scope)
            return pool.members(tree)

    def evaluation(self) -> Evaluation:
        """The counts of all nodes, and of who is there for lack of a fact."""
        with workspace_scope(self.workspace):
            tree, scope = self._parsed()
            return evaluate_tree(tree, scope)

    def keep(self) -> Evaluation:
        """The same, and the sets of its leaves are in the store afterwards; some are put there
        when they are asked again."""
        with _keeping_the_past():
            self.evaluation()
            return self.evaluation()

    def measure(self) -> int:
        """What a worker does after an answer: the numbers behind rows are in the store then."""
        unmeasured = self.keep().unmeasured
        rows = [
            to_document(leaf)
            for leaf in self._tree().leaves()
            if isinstance(leaf, Leaf) and leaf.canonical in unmeasured
        ]
        with _keeping_the_past(), workspace_scope(self.workspace):
            return measure_rows(workspace=self.workspace, rows=rows, as_of=self.as_of)

    def reads(self) -> Reads:
        """What its leaves are answered from."""
        with workspace_scope(self.workspace):
            tree, scope = self._parsed()
            makes = leaves_of(tree, with_absence=False)
            asked = asked_all(makes, scope)
            return Reads(
                row=any(ROW_TABLE in each.tables for each in asked.values()),
                leaves=len(asked) - 1,
                from_columns=len(starts_from_columns(asked, makes, scope).held),
            )

    def _tree(self) -> Tree:
        with workspace_scope(self.workspace):
            return parse_tree(self.where, workspace=self.workspace)

    def _parsed(self) -> tuple[Tree, Scope]:
        tree = parse_tree(self.where, workspace=self.workspace)
        return tree, Scope(self.workspace, self.as_of).knowing(tree.found)


@contextmanager
def _keeping_the_past() -> Iterator[None]:
    """The store keeps answers for about now only, and ours are for an instant long gone."""
    before = storing.PAST
    storing.PAST = timedelta(days=36_500)
    try:
        yield
    finally:
        storing.PAST = before


def forget_leaves(workspace: Workspace, *, everything: bool = False) -> None:
    """Empty the store, and forget the numbers combined for rows in this process; who the contacts
    are at all stays, unless `everything` goes."""
    remembered.forget(lambda place: place[1].startswith(COMBINED))
    with workspace_scope(workspace):
        rows = LeafSet.objects.in_workspace(workspace)
        (rows if everything else rows.exclude(name=UNIVERSE)).delete()
        LeafVector.objects.in_workspace(workspace).delete()


@dataclass
class Costs:
    """What was asked of PostgreSQL."""

    statements: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def costs() -> Iterator[Costs]:
    """Collect the statements sent inside the block; those that set a transaction up are none."""
    found = Costs()

    def collect(execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:
        text = statement if isinstance(statement, str) else statement.as_string()
        if not any(word in text for word in ("set_config(", "current_setting(", "SAVEPOINT")):
            found.statements.append((text, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(collect):
        yield found


def rows_read(workspace: Workspace, found: Costs) -> int:
    """Rows that the scans of these statements took up, by EXPLAIN ANALYZE, filtered ones too."""
    total = 0
    with workspace_scope(workspace), connection.cursor() as cursor:
        for statement, parameters in found.statements:
            if not statement.lstrip().startswith(("SELECT", "WITH")):
                continue
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
            [[plan]] = cursor.fetchall()
            plans = json.loads(plan) if isinstance(plan, str) else plan
            total += _rows_of(plans[0]["Plan"])
    return total


def _rows_of(plan: dict[str, Any]) -> int:
    below = sum(_rows_of(each) for each in plan.get("Plans", ()))
    if "Relation Name" not in plan and plan["Node Type"] != "Bitmap Index Scan":
        return below
    if plan["Node Type"] == "Bitmap Heap Scan":
        return below  # its index scan counted them
    removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return below + round((plan["Actual Rows"] + removed) * plan["Actual Loops"])
