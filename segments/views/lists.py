from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from segments.models import Segment, SegmentState
from segments.reading import segment_rows
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PAGE_SIZE = 50
ORDERS: dict[str, tuple[str, ...]] = {
    "name": ("name", "pk"),
    "-name": ("-name", "-pk"),
    "size": ("size", "pk"),
    "-size": ("-size", "pk"),
    "counted": ("counted_at", "pk"),
    "-counted": ("-counted_at", "pk"),
    "changed": ("changed_at", "pk"),
    "-changed": ("-changed_at", "-pk"),
}
STATES = (
    ("", _("Live")),
    ("failed", _("Failed")),
    ("broken", _("Broken")),
    ("archived", _("Archived")),
)


@require_safe
def segment_list(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Segments with size, trend and freshness."""
    require(request.actor, Action.READ_SEGMENTS)
    everything = Segment.objects.in_workspace(request.workspace)
    found = _narrowed(request, everything)
    sort = request.GET.get("sort", "name")
    page = Paginator(found.order_by(*ORDERS.get(sort, ORDERS["name"])), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    labels = {
        label
        for labels in everything.filter(archived_at__isnull=True).values_list("labels", flat=True)
        for label in labels
    }
    context = {
        "page": page,
        "rows": segment_rows(
            workspace=request.workspace, segments=list(page.object_list), now=request.now
        ),
        "is_empty": not everything.exists(),
        "number": everything.filter(archived_at__isnull=True).count(),
        "sort": sort,
        "states": STATES,
        "state": request.GET.get("state", ""),
        "label": request.GET.get("label", ""),
        "labels": sorted(labels),
        "may_write": request.actor.may(Action.WRITE_SEGMENTS),
    }
    return render(request, "segments/list.html", context)


def _narrowed(request: WorkspaceRequest, segments: QuerySet[Segment]) -> QuerySet[Segment]:
    state = request.GET.get("state", "")
    segments = segments.filter(archived_at__isnull=state != "archived")
    if state in (SegmentState.FAILED, SegmentState.BROKEN):
        segments = segments.filter(state=state)
    if search := _text(request, "search").strip():
        segments = segments.filter(name__icontains=search)
    if label := _text(request, "label"):
        segments = segments.filter(labels__contains=[label])
    return segments


def _text(request: WorkspaceRequest, name: str) -> str:
    """A parameter without NULs, which the database can't compare with."""
    return request.GET.get(name, "").replace("\x00", "")
