"""What pages show about segments: sparklines, changes, trends and members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db.models import F, Q

from contacts.models import Contact, ContactQuerySet
from segments.engine.sets import ContactSet
from segments.models import (
    Recount,
    RecountReason,
    Segment,
    SegmentReference,
    SegmentState,
    Snapshot,
)
from segments.services.queueing import OPEN
from workspaces.models import Workspace

STALE_AFTER = {
    "quarter_hour": timedelta(minutes=45),
    "hour": timedelta(hours=3),
    "day": timedelta(days=2),
    "week": timedelta(days=9),
}


@dataclass(frozen=True)
class SegmentRow:
    """A line of the list of segments."""

    segment: Segment
    sizes: Sequence[int]
    change: int | None
    share: float | None
    freshness: str  # new, counting, fresh, stale, failed, broken
    used_in: Sequence[Segment]


def segment_rows(
    *, workspace: Workspace, segments: Sequence[Segment], now: datetime
) -> list[SegmentRow]:
    """The segments with 30 days of their size and what changed in 7."""
    points = _points(workspace, segments, since=now - timedelta(days=31))
    counting = set(
        Recount.objects.in_workspace(workspace)
        .filter(state__in=OPEN, segment__in=[segment.pk for segment in segments])
        .exclude(reason=RecountReason.BACKFILL)
        .values_list("segment_id", flat=True)
    )
    users = _users(workspace, segments)
    return [
        _row(segment, points[segment.pk], now, segment.pk in counting, users[segment.pk])
        for segment in segments
    ]


def _points(
    workspace: Workspace, segments: Sequence[Segment], *, since: datetime
) -> dict[int, list[tuple[datetime, int]]]:
    rows = (
        Snapshot.objects.in_workspace(workspace)
        .filter(
            segment__in=[segment.pk for segment in segments],
            is_recorded=False,
            as_of__gte=since,
            version_number=F("segment__version_number"),
        )
        .order_by("as_of")
        .values_list("segment_id", "as_of", "size")
    )
    points: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for segment_id, as_of, size in rows:
        points[segment_id].append((as_of, size))
    return points


def _users(workspace: Workspace, segments: Sequence[Segment]) -> dict[int, list[Segment]]:
    references = (
        SegmentReference.objects.in_workspace(workspace)
        .filter(
            kind="segment",
            key__in=[str(segment.pk) for segment in segments],
            segment__archived_at__isnull=True,
        )
        .select_related("segment")
        .order_by("segment__name")
    )
    users: dict[int, list[Segment]] = defaultdict(list)
    for reference in references:
        users[int(reference.key)].append(reference.segment)
    return users


def _row(
    segment: Segment,
    points: Sequence[tuple[datetime, int]],
    now: datetime,
    is_counting: bool,
    users: Sequence[Segment],
) -> SegmentRow:
    week_ago = [size for as_of, size in points if as_of <= now - timedelta(days=7)]
    change = None
    if week_ago and segment.size is not None:
        change = segment.size - week_ago[-1]
    share = change / week_ago[-1] if change is not None and week_ago[-1] else None
    sizes = [size for _as_of, size in points]
    if segment.size is not None:
        sizes.append(segment.size)
    freshness = freshness_of(segment, now=now, is_counting=is_counting)
    return SegmentRow(segment, sizes, change, share, freshness, users)


def freshness_of(segment: Segment, *, now: datetime, is_counting: bool) -> str:
    """Whether the number may be believed."""
    if segment.state in (SegmentState.FAILED, SegmentState.BROKEN):
        return str(segment.state)
    if is_counting:
        return "counting"
    if segment.counted_at is None:
        return "new"
    limit = STALE_AFTER.get(segment.schedule)
    return "stale" if limit is not None and now - segment.counted_at > limit else "fresh"


def trend_points(points: Sequence[Snapshot]) -> dict[str, list[Any]]:
    """Columns for the chart and its table."""
    return {
        "at": [point.as_of.isoformat() for point in points],
        "size": [point.size for point in points],
        "entered": [point.entered for point in points],
        "left": [point.left for point in points],
        "version": [point.version_number for point in points],
        "coverage": [point.coverage for point in points],
    }


def last_of_each_day(points: Sequence[Snapshot], zone: tzinfo) -> list[Snapshot]:
    """The last point of each local day, with all who entered and left on it; sizes still add up.

    A changed definition keeps a point of its own. The points are not to be saved.
    """
    days: list[Snapshot] = []
    seen: tuple[Any, int] | None = None
    for point in points:
        day = (point.as_of.astimezone(zone).date(), point.version_number)
        if day == seen:
            point.entered += days[-1].entered
            point.left += days[-1].left
            days[-1] = point
        else:
            days.append(point)
        seen = day
    return days


def latest_snapshot(segment: Segment) -> Snapshot | None:
    """What was counted last: number and list of the page come from it."""
    recorded = Snapshot.objects.in_workspace(segment.workspace_id).filter(
        segment=segment, is_recorded=True
    )
    return recorded.order_by("-as_of").first()


def members_of_snapshot(snapshot: Snapshot, *, search: str = "") -> ContactQuerySet:
    """The members as they were counted, without who was erased since, perhaps only those whose
    name or address fits."""
    members = ContactSet.unpack(snapshot.workspace_id, snapshot.members)
    live = Contact.objects.in_workspace(snapshot.workspace_id).live()
    found = live.filter(pk__in=members.id_list())
    if search:
        found = found.filter(
            Q(email__icontains=search)
            | Q(first_name__icontains=search)
            | Q(last_name__icontains=search)
            | Q(external_id__icontains=search)
        )
    return found
