"""Has large tables kept column by column in the background (engine/columns/).

An answer that finds a table not kept, or read long ago, is right all the same; the next ones are
quicker.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from celery import current_app
from django.db import transaction

from segments.engine.columns.answering import FRESH
from segments.engine.columns.keeping import keep_table
from segments.engine.columns.loading import tables_kept
from segments.engine.columns.tables import TABLES
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_asked_for: dict[tuple[int, str], datetime] = {}


def keep_soon(tables: Collection[str], *, workspace: Workspace, as_of: datetime) -> None:
    """Have a worker read these tables; a process asks for the same one at most every so often."""
    wanted = [name for name in sorted(tables) if _is_due(workspace.pk, name, as_of)]
    if wanted:
        transaction.on_commit(partial(_send, workspace.pk, wanted, as_of), robust=True)


def _is_due(workspace_id: int, name: str, as_of: datetime) -> bool:
    before = _asked_for.get((workspace_id, name))
    if before is not None and abs(as_of - before) < FRESH:
        return False
    _asked_for[workspace_id, name] = as_of
    return True


def _send(workspace_id: int, tables: list[str], as_of: datetime) -> None:
    current_app.send_task(
        "segments.tasks.keep_tables",
        kwargs={"workspace_id": workspace_id, "tables": tables, "as_of": as_of.isoformat()},
        expires=600,
        retry=False,
    )


def keep_tables(
    *, workspace: Workspace, tables: Collection[str], as_of: datetime, now: datetime
) -> int:
    """Read these tables and keep them, each in a transaction of its own. How many were: what was
    read a moment ago isn't again, and for questions about long ago (`as_of`) nothing is."""
    if abs(now - as_of) > FRESH:
        return 0
    with workspace_scope(workspace):
        kept = tables_kept(workspace, tables, as_of=now)
    fresh = {name for name, each in kept.items() if abs(now - each.as_of) < FRESH}
    number = 0
    for name in sorted(TABLES.keys() & set(tables) - fresh):
        with workspace_scope(workspace):
            number += keep_table(workspace=workspace, name=name, as_of=now)
    return number
