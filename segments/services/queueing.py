"""Which counts are wanted, and who does them: rows in PostgreSQL, claimed with SKIP LOCKED.

Redis only rings the bell. A slot (a version, a due time, a request) is counted once; a worker
that dies leaves a lease behind, and when it has run out the recount is open again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from segments.models import Recount, RecountReason, RecountState, Segment, SegmentState
from segments.services.saving import EVERY
from workspaces.tenancy import claimer_scope

MAX_ATTEMPTS = 5
CLAIMED_AT_ONCE = 200

OPEN = (RecountState.QUEUED, RecountState.RUNNING)


def lease() -> timedelta:
    """How long a worker may hold a recount before others may take it."""
    return timedelta(seconds=getattr(settings, "RECOUNT_LEASE_SECONDS", 180))


@dataclass(frozen=True)
class Claim:
    """A recount one worker holds; `attempt` tells its result from an earlier holder's."""

    workspace_id: int
    recount_id: int
    attempt: int
    reason: str


def request_recount(
    *, segment: Segment, reason: RecountReason, slot: str, now: datetime
) -> Recount:
    """Ask for a count. The same slot is asked for once, whoever asks.

    An open recount of the same kind and version is joined instead of queueing another.
    """
    recounts = Recount.objects.in_workspace(segment.workspace_id).filter(segment=segment)
    if reason == RecountReason.AD_HOC:
        waiting = recounts.filter(
            state=RecountState.QUEUED, version_number=segment.version_number
        ).exclude(reason=RecountReason.BACKFILL)
        if (joined := waiting.order_by("requested_at").first()) is not None:
            return joined
    Recount.objects.bulk_create(
        [
            Recount(
                workspace_id=segment.workspace_id,
                segment=segment,
                slot=slot,
                reason=reason,
                version_number=segment.version_number,
                requested_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return recounts.get(slot=slot)


def cancel_outdated(*, segment: Segment, now: datetime) -> int:
    """Cancel what is still to be counted with an older definition."""
    outdated = Recount.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, state__in=OPEN, version_number__lt=segment.version_number
    )
    return outdated.update(
        state=RecountState.CANCELLED, finished_at=now, error=_("The definition changed.")
    )


def request_recount_now(*, segment: Segment, now: datetime) -> Recount:
    """Ask for a count on demand and ring for the workers on commit."""
    recount = request_recount(
        segment=segment,
        reason=RecountReason.AD_HOC,
        slot=f"ad_hoc:{now:%Y-%m-%dT%H:%M:%S.%f}",
        now=now,
    )
    ring_on_commit()
    return recount


def ring_on_commit() -> None:
    """Tell the workers once what was asked for can be found; a tick finds it if Redis is away."""
    transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    current_app.send_task("segments.tasks.work_recounts", expires=600, retry=False)


def cancel_open(*, segment: Segment, now: datetime) -> int:
    """Stop everything of a segment that is queued or being counted."""
    recounts = Recount.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, state__in=OPEN
    )
    return recounts.update(state=RecountState.CANCELLED, finished_at=now)


def cancel_recount(*, recount: Recount, now: datetime) -> bool:
    """Stop a recount; True if it was still open. A running one is not recorded when it ends."""
    mine = Recount.objects.in_workspace(recount.workspace_id).filter(pk=recount.pk, state__in=OPEN)
    return bool(mine.update(state=RecountState.CANCELLED, finished_at=now))


def queue_due_segments(*, now: datetime) -> int:
    """Claim segments whose time has come, in all workspaces; how many were queued.

    Safe with any number of schedulers: a due time is a slot, and the next one is set with it.
    """
    with claimer_scope():
        due = list(
            Segment.objects.filter(next_due_at__lte=now, archived_at__isnull=True)
            .exclude(state=SegmentState.BROKEN)
            .select_for_update(skip_locked=True)
            .order_by("next_due_at")[:CLAIMED_AT_ONCE]
        )
        Recount.objects.bulk_create(
            [
                Recount(
                    workspace_id=segment.workspace_id,
                    segment_id=segment.pk,
                    slot=f"due:{segment.next_due_at:%Y-%m-%dT%H:%M:%S.%f}",
                    reason=RecountReason.SCHEDULE,
                    version_number=segment.version_number,
                    requested_at=now,
                )
                for segment in due
            ],
            ignore_conflicts=True,
        )
        for segment in due:
            Segment.objects.filter(pk=segment.pk, workspace_id=segment.workspace_id).update(
                next_due_at=_next_due(segment, now)
            )
    return len(due)


def _next_due(segment: Segment, now: datetime) -> datetime | None:
    """The next slot after now: a scheduler that was away doesn't make up for every missed one."""
    every = EVERY[segment.schedule]
    if every is None or segment.next_due_at is None:
        return None
    missed = (now - segment.next_due_at) // every
    return segment.next_due_at + every * (missed + 1)


def reopen_abandoned(*, now: datetime) -> int:
    """Open recounts whose worker is gone; those tried too often fail."""
    with claimer_scope():
        abandoned = Recount.objects.filter(state=RecountState.RUNNING, lease_until__lt=now)
        abandoned.filter(attempts__gte=MAX_ATTEMPTS).update(
            state=RecountState.FAILED,
            finished_at=now,
            error=_("The worker stopped again and again while counting."),
        )
        return abandoned.filter(attempts__lt=MAX_ATTEMPTS).update(
            state=RecountState.QUEUED, lease_until=None
        )


def open_recounts() -> int:
    """How many recounts wait, in all workspaces."""
    with claimer_scope():
        return Recount.objects.filter(state=RecountState.QUEUED).count()


def claim_recount(*, now: datetime) -> Claim | None:
    """Take the next recount, or None. Workspaces take turns; backfills come last."""
    with claimer_scope():
        recount = _queue().select_for_update(skip_locked=True, of=("self",)).first()
        if recount is None:
            return None
        attempt = recount.attempts + 1
        Recount.objects.filter(pk=recount.pk, workspace_id=recount.workspace_id).update(
            state=RecountState.RUNNING,
            started_at=now,
            lease_until=now + lease(),
            attempts=attempt,
        )
        return Claim(recount.workspace_id, recount.pk, attempt, recount.reason)


def _queue() -> QuerySet[Recount]:
    """Waiting recounts: first of the workspace with the fewest running, then the oldest."""
    running = (
        Recount.objects.filter(workspace_id=OuterRef("workspace_id"), state=RecountState.RUNNING)
        .order_by()
        .values("workspace_id")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return (
        Recount.objects.filter(state=RecountState.QUEUED)
        .annotate(
            running_beside=Coalesce(Subquery(running), 0),
            is_backfill=Q(reason=RecountReason.BACKFILL),
        )
        .order_by("is_backfill", "running_beside", "requested_at", "pk")
    )


def still_mine(claim: Claim) -> bool:
    """Whether the recount is still held by this claim (not cancelled, not taken over)."""
    return _held(claim).exists()


def extend_lease(claim: Claim, *, now: datetime, done: int, total: int) -> bool:
    """Show progress and hold on; False when the recount isn't ours any more."""
    return bool(
        _held(claim).update(lease_until=now + lease(), progress_done=done, progress_total=total)
    )


def _held(claim: Claim) -> QuerySet[Recount]:
    return Recount.objects.in_workspace(claim.workspace_id).filter(
        pk=claim.recount_id, state=RecountState.RUNNING, attempts=claim.attempt
    )


def finish(claim: Claim, *, now: datetime, size: int | None, as_of: datetime) -> bool:
    """Close a recount as done; False when it isn't ours any more (then nothing counts)."""
    started = _held(claim).values_list("started_at", flat=True).first()
    if started is None:
        return False
    return bool(
        _held(claim).update(
            state=RecountState.DONE,
            finished_at=now,
            lease_until=None,
            as_of=as_of,
            size=size,
            duration_ms=max(0, int((now - started).total_seconds() * 1000)),
        )
    )


def fail(claim: Claim, *, now: datetime, error: str) -> bool:
    """Close a recount as failed, with what to tell people."""
    return bool(
        _held(claim).update(
            state=RecountState.FAILED, finished_at=now, lease_until=None, error=error[:2000]
        )
    )


def put_back(claim: Claim) -> bool:
    """Open a recount again after a passing fault (a serialisation failure, say)."""
    return bool(_held(claim).update(state=RecountState.QUEUED, lease_until=None))
