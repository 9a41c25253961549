"""A segment's size over time: the current definition on every day, or as it was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from segments.criteria.windows import Clock
from segments.models import Recount, RecountReason, Segment, Snapshot
from segments.services import queueing
from workspaces.models import Workspace


def line_days(*, workspace: Workspace, as_of: datetime) -> list[datetime]:
    """The day-ends a complete line has at the instant, oldest first: a year of changes."""
    return day_ends(workspace=workspace, as_of=as_of, days=settings.TREND_DAYS + 1)


def day_ends(*, workspace: Workspace, as_of: datetime, days: int) -> list[datetime]:
    """The last `days` midnights of the workspace up to the instant, oldest first."""
    clock = Clock(as_of, workspace.zone, workspace.week_start)
    return [clock.midnight(clock.today - timedelta(days=back)) for back in range(days - 1, -1, -1)]


def line_start(*, workspace: Workspace, as_of: datetime, days: int) -> datetime:
    """The midnight a line of the last `days` begins with. Days are not all of 24 hours."""
    return day_ends(workspace=workspace, as_of=as_of, days=days + 1)[0]


def request_backfill(*, segment: Segment, now: datetime) -> Recount:
    """Ask for the missing days of the trend; once a version and day."""
    today: date = now.astimezone(segment.workspace.zone).date()
    return queueing.request_recount(
        segment=segment,
        reason=RecountReason.BACKFILL,
        slot=f"backfill:{segment.version_number}:{today}",
        now=now,
    )


def line_of(segment: Segment) -> QuerySet[Snapshot]:
    """The recomputed points of the current definition."""
    return Snapshot.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, is_recorded=False, version_number=segment.version_number
    )


def trend_of(
    *, segment: Segment, first: datetime | None, last: datetime | None, recorded: bool | None
) -> Sequence[Snapshot]:
    """Points in order of time. `recorded` None gives both kinds, each saying which it is.

    Recomputed points are those of the current definition; recorded ones are of their day's.
    """
    current = Q(is_recorded=True) | Q(version_number=segment.version_number)
    points = Snapshot.objects.in_workspace(segment.workspace_id).filter(current, segment=segment)
    if recorded is not None:
        points = points.filter(is_recorded=recorded)
    if first is not None:
        points = points.filter(as_of__gte=first)
    if last is not None:
        points = points.filter(as_of__lte=last)
    return list(points.defer("members").order_by("as_of", "is_recorded"))
