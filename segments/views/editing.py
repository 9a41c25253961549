from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from segments.wizard.page import editor_data, find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require


@require_safe
def segment_new(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """The editor with nothing in it."""
    require(request.actor, Action.WRITE_SEGMENTS)
    return render(request, "segments/editor.html", {"editor": editor_data(request, None)})


@require_safe
def segment_edit(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """The editor of a saved segment."""
    require(request.actor, Action.WRITE_SEGMENTS)
    found = find_segment(request, segment)
    context = {"segment": found, "editor": editor_data(request, found)}
    return render(request, "segments/editor.html", context)
