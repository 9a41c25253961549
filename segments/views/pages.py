from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from segments.engine.sets import ContactSet
from segments.live.feed import live_size
from segments.member_files import members_csv
from segments.models import Recount
from segments.reading import (
    freshness_of,
    last_of_each_day,
    latest_snapshot,
    members_of_snapshot,
    trend_points,
)
from segments.services import trend
from segments.views.framing import open_counts, running_count, segment_frame
from segments.wizard.page import find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PERIODS = (30, 90, 365)
USUAL_PERIOD = 90
DAILY_FROM = 90  # days: longer lines of what was recorded show the last count of each day
PAGE_SIZE = 50
ORDERS: dict[str, tuple[str, ...]] = {
    "name": ("last_name", "first_name", "pk"),
    "-name": ("-last_name", "-first_name", "-pk"),
    "known": ("known_since", "pk"),
    "-known": ("-known_since", "-pk"),
}


@require_safe
def segment_page(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Number, freshness, trend, and where the segment is used."""
    require(request.actor, Action.READ_SEGMENTS)
    found = find_segment(request, segment)
    days = {str(period): period for period in PERIODS}.get(
        request.GET.get("days", ""), USUAL_PERIOD
    )
    is_recorded = request.GET.get("line") == "recorded"
    points = trend.trend_of(
        segment=found,
        first=trend.line_start(workspace=request.workspace, as_of=request.now, days=days),
        last=request.now,
        recorded=is_recorded,
    )
    if is_recorded and days >= DAILY_FROM:
        points = last_of_each_day(points, request.workspace.zone)
    context = {
        **segment_frame(request, found, "overview"),
        "live": live_size(workspace=request.workspace, segment=found),
        "running": running_count(found),
        "days": days,
        "periods": PERIODS,
        "is_recorded": is_recorded,
        "points": points,
        "trend": trend_points(points),
        "entered": sum(point.entered for point in points),
        "left": sum(point.left for point in points),
        "recounts": Recount.objects.in_workspace(workspace)
        .filter(segment=found)
        .order_by("-requested_at")[:6],
    }
    return render(request, "segments/page.html", context)


@require_safe
def segment_members(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Who was in at the latest count: number and list are of one evaluation."""
    require(request.actor, Action.READ_CONTACTS)
    found = find_segment(request, segment)
    context = segment_frame(request, found, "members")
    snapshot = latest_snapshot(found)
    if snapshot is not None:
        search = request.GET.get("search", "").replace("\x00", "").strip()
        sort = request.GET.get("sort", "name")
        members = members_of_snapshot(snapshot, search=search)
        ordered = members.order_by(*ORDERS.get(sort, ORDERS["name"]))
        page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
        context |= {"snapshot": snapshot, "page": page, "search": search, "sort": sort}
    return render(request, "segments/members.html", context)


@require_safe
def segment_members_csv(
    request: WorkspaceRequest, workspace: int, segment: int
) -> StreamingHttpResponse | HttpResponse:
    """The latest count's members as a file."""
    require(request.actor, Action.EXPORT)
    found = find_segment(request, segment)
    snapshot = latest_snapshot(found)
    if snapshot is None:
        return redirect("segments:members", workspace, found.pk)
    members = ContactSet.unpack(workspace, snapshot.members)
    return members_csv(request.workspace, found, members)


@require_safe
def segment_state(request: WorkspaceRequest, workspace: int, segment: int) -> JsonResponse:
    """What pages poll: while a count is running, and for the size as it is now."""
    require(request.actor, Action.READ_SEGMENTS)
    found = find_segment(request, segment)
    live = live_size(workspace=request.workspace, segment=found)
    is_counting, backfill = open_counts(found)
    running = running_count(found)
    progress = None
    if backfill is not None:
        progress = {"done": backfill.progress_done, "total": backfill.progress_total}
    return JsonResponse(
        {
            "size": found.size,
            "counted_at": found.counted_at,
            "freshness": freshness_of(found, now=request.now, is_counting=is_counting),
            "counting_since": running.started_at if running else None,
            "backfill": progress,
            "live": None if live is None else {"size": live.size, "number": live.number},
        }
    )
