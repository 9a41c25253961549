from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from segments import services
from segments.models import Recount, RecountReason, Segment, Snapshot
from segments.services import claims, queueing
from segments.services.claims import Claim
from segments.services.saving import SegmentInput
from segments.tasks import count
from tests.makers.workspaces import NOW
from workspaces.models import Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope

EVERYBODY = {"type": "contacts.bucket", "salt": "all", "from_percent": 0, "to_percent": 100}
MINUTE = timedelta(minutes=1)


def save_segment(workspace: Workspace, where: Any, *, now: datetime = NOW, **given: Any) -> Segment:
    """A segment saved as the wizard saves it: its count and its trend are queued."""
    given = {"name": f"Segment {now:%H%M%S%f} {len(str(where))}", **given}
    with workspace_scope(workspace):
        return services.create_segment(
            actor=system(workspace), given=SegmentInput(where=where, **given), now=now
        )


def change(segment: Segment, *, now: datetime = NOW, **given: Any) -> Segment:
    workspace = segment.workspace
    with workspace_scope(workspace):
        return services.change_segment(
            actor=system(workspace), segment=segment, given=SegmentInput(**given), now=now
        )


def ask(segment: Segment, *, now: datetime = NOW) -> Recount:
    """Ask for a count on demand."""
    with workspace_scope(segment.workspace_id):
        return queueing.request_recount_now(segment=segment, now=now)


def system(workspace: Workspace) -> Actor:
    return Actor(workspace=workspace, is_system=True)


def work(*, now: datetime = NOW, backfills: bool = False) -> list[int]:
    """Do what is queued, as one worker whose clock stands still; the ids of the recounts."""
    done = []
    while (claim := claims.claim_recount(now=now)) is not None:
        if claim.reason == RecountReason.BACKFILL and not backfills:
            with workspace_scope(claim.workspace_id):
                Recount.objects.filter(pk=claim.recount_id).update(state="cancelled")
            continue
        do(claim, now=now)
        done.append(claim.recount_id)
    return done


def do(claim: Claim, *, now: datetime = NOW) -> None:
    count(claim, clock=lambda: now)


def claim_now(*, now: datetime = NOW) -> Claim:
    claim = claims.claim_recount(now=now)
    assert claim is not None, "nothing waits"
    return claim


def read_segment(segment: Segment) -> Segment:
    with workspace_scope(segment.workspace_id):
        return Segment.objects.get(pk=segment.pk)


def recounts(segment: Segment, **filters: Any) -> list[Recount]:
    """The segment's recounts, oldest first."""
    with workspace_scope(segment.workspace_id):
        rows = Recount.objects.filter(segment_id=segment.pk, **filters)
        return list(rows.order_by("requested_at", "pk"))


def counts(segment: Segment, **filters: Any) -> list[Recount]:
    """The recounts that are no backfills."""
    return [
        recount
        for recount in recounts(segment, **filters)
        if recount.reason != RecountReason.BACKFILL
    ]


def snapshots(segment: Segment, *, recorded: bool = True) -> list[Snapshot]:
    with workspace_scope(segment.workspace_id):
        rows = Snapshot.objects.filter(segment_id=segment.pk, is_recorded=recorded)
        return list(rows.order_by("as_of"))


def let_lease_run_out(claim: Claim) -> None:
    """The claim's worker is gone or asleep."""
    with workspace_scope(claim.workspace_id):
        Recount.objects.filter(pk=claim.recount_id).update(lease_until=NOW - timedelta(days=3650))


def meanwhile(act: Callable[[], Any]) -> None:
    """Do something on another connection, and wait for it at most five seconds."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=5)
    assert not thread.is_alive(), "whoever does something else doesn't wait for a count"
