"""Which counts are wanted: rows in PostgreSQL. Redis only rings the bell.

A slot (a version, a due time, a request) is counted once. Who counts it: `claims.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from segments.models import Recount, RecountReason, RecountState, Segment, SegmentState
from segments.services.saving import EVERY
from segments.services.stopping import stop_on_commit
from workspaces.tenancy import claimer_scope

DUE_AT_ONCE = 200

OPEN = (RecountState.QUEUED, RecountState.RUNNING)


def request_recount(
    *, segment: Segment, reason: RecountReason, slot: str, now: datetime
) -> Recount:
    """Ask for a count. The same slot is asked for once, whoever asks.

    A count of the same version that nobody has begun is joined instead of queueing another.
    """
    recounts = Recount.objects.in_workspace(segment.workspace_id).filter(segment=segment)
    if reason != RecountReason.BACKFILL:
        waiting = recounts.filter(
            state=RecountState.QUEUED, version_number=segment.version_number
        ).exclude(reason=RecountReason.BACKFILL)
        # Locked: a worker who took it before our commit would not see what we are saving.
        joined = waiting.select_for_update().order_by("requested_at").first()
        if joined is not None:
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
    return _cancel(outdated, now=now, error=_("The definition changed."))


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
    return _cancel(recounts, now=now)


def cancel_recount(*, recount: Recount, now: datetime) -> bool:
    """Stop a recount; True if it was still open. A running one is stopped, and not recorded."""
    mine = Recount.objects.in_workspace(recount.workspace_id).filter(pk=recount.pk, state__in=OPEN)
    return bool(_cancel(mine, now=now))


def _cancel(recounts: QuerySet[Recount], *, now: datetime, error: str = "") -> int:
    """Cancel what is open; on commit what a worker is running for it ends, too."""
    stop_on_commit(recounts.filter(state=RecountState.RUNNING))
    return recounts.update(state=RecountState.CANCELLED, finished_at=now, error=error)


def queue_due_segments(*, now: datetime) -> int:
    """Claim segments whose time has come, in all workspaces; how many were found due.

    Safe with any number of schedulers: a due time is a slot, and the next one is set with it.
    """
    with claimer_scope():
        due = list(
            Segment.objects.filter(next_due_at__lte=now, archived_at__isnull=True)
            .exclude(state=SegmentState.BROKEN)
            .select_for_update(skip_locked=True)
            .order_by("next_due_at")[:DUE_AT_ONCE]
        )
        waiting = _waiting(due)
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
                if segment.pk not in waiting
            ],
            ignore_conflicts=True,
        )
        for segment in due:
            Segment.objects.filter(pk=segment.pk, workspace_id=segment.workspace_id).update(
                next_due_at=_next_due(segment, now)
            )
    return len(due)


def _waiting(segments: Sequence[Segment]) -> set[int]:
    """Segments with a count of their current version that nobody has begun: it will do."""
    rows = (
        Recount.objects.filter(
            workspace_id__in={segment.workspace_id for segment in segments},
            segment_id__in=[segment.pk for segment in segments],
            state=RecountState.QUEUED,
        )
        .exclude(reason=RecountReason.BACKFILL)
        .values_list("segment_id", "version_number")
    )
    versions = {segment.pk: segment.version_number for segment in segments}
    return {segment_id for segment_id, version in rows if versions[segment_id] == version}


def _next_due(segment: Segment, now: datetime) -> datetime | None:
    """The next slot after now: a scheduler that was away doesn't make up for every missed one."""
    every = EVERY[segment.schedule]
    if every is None or segment.next_due_at is None:
        return None
    missed = (now - segment.next_due_at) // every
    return segment.next_due_at + every * (missed + 1)
