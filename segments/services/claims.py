"""Who counts what: recounts claimed with SKIP LOCKED and held by leases in PostgreSQL.

A worker that dies leaves a lease behind; when it has run out the recount is open again. Leases
are set and compared by the database's time, so that the clocks of workers needn't agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from segments.models import Recount, RecountReason, RecountState, Segment, SegmentState
from workspaces.tenancy import claimer_scope

MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class Claim:
    """A recount one worker holds; `attempt` tells its result from an earlier holder's.

    Recounts taken together have one `holder`. `failures`: how many attempts didn't end well.
    """

    workspace_id: int
    recount_id: int
    attempt: int
    reason: str
    holder: str = ""
    failures: int = 0


def lease() -> timedelta:
    """How long a worker may hold a recount before others may take it."""
    return timedelta(seconds=settings.RECOUNT_LEASE_SECONDS)


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
        return _take(recount, now, uuid4().hex)


def claim_beside(claim: Claim, *, now: datetime, most: int) -> list[Claim]:
    """More counts of the same workspace's segments, that can share leaves with this one."""
    if claim.reason == RecountReason.BACKFILL:
        return []
    with claimer_scope():
        rows = (
            _queue(claim.holder)
            .filter(workspace_id=claim.workspace_id)
            .exclude(reason=RecountReason.BACKFILL)
            .select_for_update(skip_locked=True, of=("self",))
        )
        found: dict[int, Recount] = {}
        for recount in rows[:most]:
            found.setdefault(recount.segment_id, recount)
        return [_take(recount, now, claim.holder) for recount in found.values()]


def _take(recount: Recount, now: datetime, holder: str) -> Claim:
    attempt = recount.attempts + 1
    Recount.objects.filter(pk=recount.pk, workspace_id=recount.workspace_id).update(
        state=RecountState.RUNNING,
        started_at=now,
        lease_until=Now() + lease(),
        attempts=attempt,
        holder=holder,
    )
    failures = recount.attempts - recount.turns
    return Claim(recount.workspace_id, recount.pk, attempt, recount.reason, holder, failures)


def counts_wait(*, since: datetime) -> bool:
    """Whether a count that could be taken has been waiting for a worker since then."""
    with claimer_scope():
        waiting = _queue().exclude(reason=RecountReason.BACKFILL)
        return waiting.filter(requested_at__lt=since).exists()


def _queue(holder: str = "") -> QuerySet[Recount]:
    """Waiting recounts that may be taken: of the workspace with the fewest running, then of the
    one whose last turn is longest ago, then those not begun yet, then the oldest.

    A segment is counted by one worker at a time, a workspace by so many as the settings say, so
    that others are left for the rest. `holder` is one of those already.
    """
    beside = Recount.objects.filter(workspace_id=OuterRef("workspace_id"))
    running = beside.filter(state=RecountState.RUNNING)
    is_backfill = Q(reason=RecountReason.BACKFILL)
    number = running.order_by().values("workspace_id").annotate(number=Count("pk"))
    others = running.exclude(is_backfill).exclude(holder=holder).order_by()
    holders = others.values("workspace_id").annotate(number=Count("holder", distinct=True))
    served = beside.filter(started_at__isnull=False).order_by("-started_at")
    same = running.filter(segment_id=OuterRef("segment_id")).exclude(is_backfill)
    backfills = Recount.objects.filter(is_backfill, state=RecountState.RUNNING)
    waiting = Recount.objects.filter(state=RecountState.QUEUED)
    if backfills.count() >= settings.BACKFILLS_AT_ONCE:
        waiting = waiting.exclude(is_backfill)
    return (
        waiting.annotate(
            is_backfill=is_backfill,
            running_beside=Coalesce(Subquery(number.values("number")), 0),
            holders_beside=Coalesce(Subquery(holders.values("number")), 0),
            served_at=Subquery(served.values("started_at")[:1]),
            has_begun=Q(progress_done__gt=0),
        )
        .exclude(is_backfill & Exists(running.filter(is_backfill)))
        .exclude(~is_backfill & Exists(same))
        .filter(is_backfill | Q(holders_beside__lt=settings.RECOUNT_WORKERS_PER_WORKSPACE))
        .order_by(
            "is_backfill",
            "running_beside",
            F("served_at").asc(nulls_first=True),
            "has_begun",
            "requested_at",
            "pk",
        )
    )


def reopen_abandoned(*, now: datetime) -> int:
    """Open recounts whose worker is gone; those tried too often fail. How many were opened."""
    message = _("The worker stopped again and again while counting.")
    with claimer_scope():
        abandoned = Recount.objects.filter(state=RecountState.RUNNING, lease_until__lt=Now())
        given_up = list(
            abandoned.filter(attempts__gte=F("turns") + MAX_ATTEMPTS).select_for_update(
                skip_locked=True
            )
        )
        for recount in given_up:
            Recount.objects.filter(pk=recount.pk, workspace_id=recount.workspace_id).update(
                state=RecountState.FAILED, finished_at=now, lease_until=None, error=message
            )
            mark_failed(recount=recount, error=message)
        return abandoned.filter(attempts__lt=F("turns") + MAX_ATTEMPTS).update(
            state=RecountState.QUEUED, lease_until=None
        )


def mark_failed(*, recount: Recount, error: str) -> None:
    """Say on the segment that its count failed, unless its definition has changed since."""
    if recount.reason == RecountReason.BACKFILL:
        return
    Segment.objects.filter(
        pk=recount.segment_id,
        workspace_id=recount.workspace_id,
        version_number=recount.version_number,
    ).update(state=SegmentState.FAILED, error=error)


def still_mine(claim: Claim) -> bool:
    """Whether the recount is still held by this claim (not cancelled, not taken over)."""
    return _held(claim).exists()


def extend_lease(claim: Claim, *, done: int, total: int) -> bool:
    """Show progress and hold on; False when the recount isn't ours any more."""
    return bool(
        _held(claim).update(lease_until=Now() + lease(), progress_done=done, progress_total=total)
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


def give_way(claim: Claim) -> bool:
    """Open a recount again that is not done but went well so far: others have their turn."""
    return bool(
        _held(claim).update(state=RecountState.QUEUED, lease_until=None, turns=F("turns") + 1)
    )
