"""Who came and went: the newest changes of a segment."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from segments.live.feed import FeedFilters, live_size, newest_changes
from segments.models import MembershipCause, MembershipDirection
from segments.views.framing import segment_frame
from segments.wizard.page import find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.numbers import whole_number
from workspaces.policies import Action, require

PAGE_SIZE = 50


@require_safe
def segment_changes(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """A page of changes; with `newer`, only the rows after that number, to be put on top."""
    require(request.actor, Action.READ_CONTACTS)
    found = find_segment(request, segment)
    filters = FeedFilters(
        segment_id=found.pk,
        cause=_one_of(request, "cause", MembershipCause.values),
        direction=_one_of(request, "direction", MembershipDirection.values),
    )
    newer, before = (whole_number(request.GET.get(name, "")) for name in ("newer", "before"))
    changes = newest_changes(
        workspace=request.workspace,
        filters=filters,
        before=before,
        newer_than=newer,
        limit=PAGE_SIZE,
    )
    if newer is not None:
        return render(request, "segments/partials/_changes.html", {"changes": changes})
    context = {
        **segment_frame(request, found, "changes"),
        "changes": changes,
        "filters": filters,
        "causes": MembershipCause.choices,
        "directions": MembershipDirection.choices,
        "live": live_size(workspace=request.workspace, segment=found),
        "older": changes[-1].event.number if len(changes) == PAGE_SIZE else None,
        "is_newest": before is None,
    }
    return render(request, "segments/changes.html", context)


def _one_of(request: HttpRequest, name: str, allowed: list[str]) -> str | None:
    given = request.GET.get(name, "")
    return given if given in allowed else None
