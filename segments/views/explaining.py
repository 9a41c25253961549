"""Why one contact is in a segment, or out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contacts.models import Contact
from contacts.reading import searched
from segments.criteria.tree import InvalidTree
from segments.faults import say_faults
from segments.models import Segment
from segments.reading import latest_snapshot, members_of_snapshot
from segments.services.explaining import explain_segment
from segments.views.framing import segment_frame
from segments.views.parameters import day_asked
from segments.wizard.page import find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.numbers import whole_number
from workspaces.policies import Action, require

MOST_FOUND = 10
SUGGESTED = 5


@require_safe
def segment_why(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Choose a contact and a day; the answer is the tree, row by row, with what it rests on."""
    require(request.actor, Action.READ_SEGMENTS)
    require(request.actor, Action.READ_CONTACTS)
    found = find_segment(request, segment)
    search = request.GET.get("search", "").strip()
    on, as_of = day_asked(request)
    context: dict[str, Any] = {
        **segment_frame(request, found, "why"),
        "search": search,
        "on": on,
        "today": request.now.astimezone(request.workspace.zone).date(),
    }
    live = Contact.objects.in_workspace(request.workspace).live()
    contact = None if search else live.filter(pk=_asked_id(request)).first()
    if search:
        fitting = searched(live, search).order_by("last_name", "first_name", "pk")
        people = list(fitting[: MOST_FOUND + 1])
        context |= {"people": people[:MOST_FOUND], "has_more": len(people) > MOST_FOUND}
        contact = people[0] if len(people) == 1 else None
    if contact is None:
        context["suggested"] = _suggested(found)
        return render(request, "segments/why.html", context)
    try:
        context["found"] = explain_segment(
            segment=found,
            workspace=request.workspace,
            contact=contact,
            as_of=as_of,
            now=request.now,
        )
    except InvalidTree as error:
        context["fault"] = say_faults(found.definition.get("where"), error)
    return render(request, "segments/why.html", context | {"contact": contact})


def _asked_id(request: WorkspaceRequest) -> int:
    """`contact`, the id of one; 0 where none is named."""
    return whole_number(request.GET.get("contact", "")) or 0


def _suggested(segment: Segment) -> Sequence[Contact]:
    """Some members, to begin with."""
    snapshot = latest_snapshot(segment)
    if snapshot is None:
        return ()
    return list(members_of_snapshot(snapshot).order_by("-known_since", "-pk")[:SUGGESTED])
