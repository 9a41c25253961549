"""What follows from a saved definition: a count at once, and the trend of a year."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from segments.models import RecountReason, Segment
from segments.services import queueing, trend
from segments.signals import definition_saved, segment_counted
from workspaces import bell


@receiver(definition_saved)
def count_saved_definition(*, segment: Segment, now: datetime, **_: Any) -> None:
    """Cancel counts of older definitions, queue this one, and ring when it is committed."""
    queueing.cancel_outdated(segment=segment, now=now)
    queueing.request_recount(
        segment=segment,
        reason=RecountReason.SAVED,
        slot=f"saved:{segment.version_number}:{now:%Y-%m-%dT%H:%M:%S.%f}",
        now=now,
    )
    trend.request_backfill(segment=segment, now=now)
    queueing.ring_on_commit()
    bell.ring_on_commit(segment.workspace_id)


@receiver(segment_counted)
def keep_trend_complete(*, segment: Segment, now: datetime, **_: Any) -> None:
    """Each day that has ended since the last count gets its point."""
    trend.request_backfill(segment=segment, now=now)
