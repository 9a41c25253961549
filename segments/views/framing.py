"""What all pages of one segment share: title, tabs, freshness."""

from __future__ import annotations

from typing import Any

from segments.models import Recount, RecountReason, RecountState, Schedule, Segment
from segments.reading import freshness_of
from segments.services import used_in
from segments.services.queueing import OPEN
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action


def open_counts(segment: Segment) -> tuple[bool, Recount | None]:
    """Whether the segment is being counted or waits for it, and its open backfill."""
    recounts = Recount.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, state__in=OPEN
    )
    backfill = recounts.filter(reason=RecountReason.BACKFILL).first()
    return recounts.exclude(reason=RecountReason.BACKFILL).exists(), backfill


def running_count(segment: Segment) -> Recount | None:
    """The count a worker is doing just now; None while it only waits for one."""
    running = Recount.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, state=RecountState.RUNNING
    )
    return running.exclude(reason=RecountReason.BACKFILL).first()


def segment_frame(request: WorkspaceRequest, segment: Segment, tab: str) -> dict[str, Any]:
    """What `segments/partials/_frame.html` needs; `tab` is the current one's name."""
    is_counting, backfill = open_counts(segment)
    users = used_in(workspace=request.workspace, kind="segment", key=str(segment.pk))
    return {
        "segment": segment,
        "tab": tab,
        "freshness": freshness_of(segment, now=request.now, is_counting=is_counting),
        "backfill": backfill,
        "schedule": Schedule(segment.schedule).label,
        "users": list(users),
        "number_of_versions": segment.version_number,
        "may_write": request.actor.may(Action.WRITE_SEGMENTS),
        "may_export": request.actor.may(Action.EXPORT),
    }
