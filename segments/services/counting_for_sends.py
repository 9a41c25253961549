"""Records what a send has counted, as a recount would have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from segments.engine.sets import ContactSet
from segments.models import (
    Recount,
    RecountReason,
    RecountState,
    Segment,
    Snapshot,
)
from segments.services.recounting import Counted, keep_count


def record_send_counts(
    *,
    as_of: datetime,
    universe: int,
    counts: Sequence[tuple[Segment, ContactSet]],
    slot: str,
) -> int:
    """Keep a snapshot of each segment, unless its definition has changed since or a later count is
    there already: entered and left stand between neighbours. How many were kept.

    `slot` names the send. Call it in a transaction of its own: segments are locked.
    """
    ordered = sorted(counts, key=lambda each: each[0].pk)
    return sum(
        _record(segment, Counted(as_of, members, universe), slot) for segment, members in ordered
    )


def _record(segment: Segment, counted: Counted, slot: str) -> bool:
    rows = Segment.objects.in_workspace(segment.workspace_id)
    locked = rows.select_for_update().get(pk=segment.pk)
    later = Snapshot.objects.in_workspace(segment.workspace_id).filter(
        segment=locked, is_recorded=True, as_of__gte=counted.as_of
    )
    has_changed = locked.version_number != segment.version_number
    if has_changed or locked.archived_at is not None or later.exists():
        return False
    recount, is_new = Recount.objects.in_workspace(segment.workspace_id).get_or_create(
        workspace_id=segment.workspace_id,
        segment=locked,
        slot=slot,
        defaults={
            "reason": RecountReason.SEND,
            "version_number": locked.version_number,
            "state": RecountState.DONE,
            "as_of": counted.as_of,
            "requested_at": counted.as_of,
            "started_at": counted.as_of,
            "finished_at": counted.as_of,
            "size": counted.size,
        },
    )
    if is_new:
        keep_count(segment=locked, counted=counted, recount=recount)
    return is_new
