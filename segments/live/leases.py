"""Which process follows which workspace: leases in PostgreSQL, by the database's clock.

A lease is a habit, not a lock: it keeps a workspace with the process that has its sets in memory.
That there is one writer at a time is up to the lock of the workspace's row in each pulse.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from psycopg import sql

from contacts.models import ContactChange
from segments.models import LiveState, Schedule, Segment
from workspaces.tenancy import claimer_scope, workspace_scope

# The log has a row that the workspace's last pulse has not seen. Numbers are read out of the text
# of its snapshot: "first open:first new:open,open,…".
_HAS_NEWS = sql.SQL(
    "EXISTS (SELECT FROM {log} AS written WHERE written.workspace_id = state.workspace_id"
    " AND written.xid >= nullif(split_part(state.snapshot, ':', 1), '')::bigint"
    " AND NOT (written.xid < nullif(split_part(state.snapshot, ':', 2), '')::bigint"
    " AND written.xid <> ALL"
    " (string_to_array(split_part(state.snapshot, ':', 3), ',')::bigint[])))"
)
_DUE = sql.SQL(
    "SELECT state.workspace_id, (state.timed_at IS NULL OR state.timed_at < {timed_before})"
    " FROM {states} AS state"
    " WHERE (state.holder = {holder} OR state.lease_until IS NULL OR state.lease_until < now())"
    " AND state.workspace_id <> ALL ({but}::bigint[])"
    " AND (state.workspace_id = ANY ({rang}::bigint[])"
    " OR state.timed_at IS NULL OR state.timed_at < {timed_before} OR {has_news})"
    " ORDER BY state.as_of NULLS FIRST LIMIT 1 FOR UPDATE OF state SKIP LOCKED"
)


@dataclass(frozen=True)
class Due:
    """A workspace this process is to pulse now; `is_timed`: windows must be looked at, too."""

    workspace_id: int
    is_timed: bool


def lease() -> timedelta:
    """How long a process that is silent keeps its workspaces."""
    return timedelta(seconds=settings.LIVE_LEASE_SECONDS)


def find_workspaces() -> int:
    """Give every workspace with segments to follow a row of its own; how many were new."""
    with claimer_scope():
        known = LiveState.objects.values("workspace_id")
        segments = Segment.objects.filter(archived_at__isnull=True).exclude(schedule=Schedule.NONE)
        new = set(segments.exclude(workspace_id__in=known).values_list("workspace_id", flat=True))
        LiveState.objects.bulk_create(
            [LiveState(workspace_id=workspace_id) for workspace_id in sorted(new)],
            ignore_conflicts=True,
        )
    return len(new)


def followed_workspaces() -> set[int]:
    """Ids of all workspaces with a row of their own."""
    with claimer_scope():
        return set(LiveState.objects.values_list("workspace_id", flat=True))


def claim_due(
    *, holder: str, timed_before: datetime, rang: Collection[int], but: Collection[int]
) -> Due | None:
    """Take the workspace that waits longest: one with news, one that rang, or one whose windows
    were last looked at before `timed_before`. Not one of `but`, nor one another process holds."""
    statement = _DUE.format(
        states=sql.Identifier(LiveState._meta.db_table),
        timed_before=sql.Literal(timed_before),
        holder=sql.Literal(holder),
        rang=sql.Literal(sorted(rang)),
        but=sql.Literal(sorted(but)),
        has_news=_HAS_NEWS.format(log=sql.Identifier(ContactChange._meta.db_table)),
    )
    with claimer_scope():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
        if row is None:
            return None
        LiveState.objects.filter(workspace_id=row[0]).update(
            holder=holder, lease_until=Now() + lease()
        )
    return Due(*row)


def keep_leases(*, holder: str) -> None:
    """Say that this process is alive. Rows that are just being worked on are left alone."""
    with claimer_scope():
        held = LiveState.objects.filter(holder=holder).select_for_update(skip_locked=True)
        ids = list(held.values_list("workspace_id", flat=True))
        LiveState.objects.filter(workspace_id__in=ids, holder=holder).update(
            lease_until=Now() + lease()
        )


def give_back(*, workspace_id: int, holder: str) -> None:
    """Let another process have the workspace at once."""
    with workspace_scope(workspace_id):
        LiveState.objects.in_workspace(workspace_id).filter(holder=holder).update(
            holder="", lease_until=None
        )
