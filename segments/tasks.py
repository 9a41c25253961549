"""Counting in the background: a tick finds what is due, workers take it from PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

from django.utils import timezone

from contacts.services import forget_changes
from segments.engine import storing
from segments.engine.columns.keeping import forget_old_tables
from segments.models import RecountReason
from segments.services import backfilling, claims, keeping, measuring, pruning, queueing
from segments.services.claims import Claim
from segments.services.counting_together import MOST_AT_ONCE, count_together
from workspaces.models import Workspace
from workspaces.tasks import all_workspaces_task, workspace_task
from workspaces.tenancy import workspace_scope

SECONDS_AT_A_TIME = 30  # then the rest is handed on, so that workers can be stopped


@all_workspaces_task()
def tick(**_: Any) -> None:
    """Queue due segments, reopen what dead workers held, and ring for the workers."""
    now = timezone.now()
    queueing.queue_due_segments(now=now)
    claims.reopen_abandoned(now=now)
    if claims.open_recounts():
        work_recounts.apply_async(expires=60)


@all_workspaces_task()
def work_recounts(**_: Any) -> None:
    """Count what is open until there is nothing left or the time is up."""
    until = monotonic() + SECONDS_AT_A_TIME
    while monotonic() < until:
        claim = claims.claim_recount(now=timezone.now())
        if claim is None:
            return
        others = claims.claim_beside(claim, now=timezone.now(), most=MOST_AT_ONCE - 1)
        count(claim, *others, clock=timezone.now)
    work_recounts.apply_async(expires=600)


@workspace_task()
def measure_rows(*, workspace_id: int, rows: list[Any], **_: Any) -> None:
    """Measure what another threshold of these rows could be answered from."""
    workspace = Workspace.objects.get(pk=workspace_id)
    with workspace_scope(workspace):
        measuring.measure_rows(workspace=workspace, rows=rows, as_of=timezone.now())


@workspace_task()
def keep_tables(*, workspace_id: int, tables: list[str], as_of: str, **_: Any) -> None:
    """Read these tables anew for the rows of trees that are asked from them."""
    workspace = Workspace.objects.get(pk=workspace_id)
    asked = datetime.fromisoformat(as_of)
    keeping.keep_tables(workspace=workspace, tables=tables, as_of=asked, now=timezone.now())


@all_workspaces_task()
def evict_leaf_sets(**_: Any) -> None:
    """Keep each workspace's leaf sets within their room, and its change log short."""
    now = timezone.now()
    for workspace in Workspace.objects.all():
        with workspace_scope(workspace):
            storing.evict(workspace=workspace, now=now)
            forget_old_tables(workspace=workspace, now=now)
            forget_changes(workspace=workspace, now=now)


@all_workspaces_task()
def prune_history(**_: Any) -> None:
    """Forget old counts and recounts, workspace by workspace."""
    now = timezone.now()
    for workspace in Workspace.objects.all():
        with workspace_scope(workspace):
            pruning.prune_history(workspace=workspace, now=now)


def count(claim: Claim, *others: Claim, clock: Callable[[], datetime]) -> None:
    """Do the work of a claim, and of others of its workspace that can share leaves with it."""
    if claim.reason == RecountReason.BACKFILL:
        backfilling.backfill_claimed(claim=claim, clock=clock)
        return
    count_together(held=[claim, *others], clock=clock)
