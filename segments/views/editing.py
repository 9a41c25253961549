from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from segments.models import Segment
from segments.wizard.drafts import UnusableDraftError, read_draft
from segments.wizard.page import editor_data, find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require


@require_safe
def segment_new(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """The editor with nothing in it, or with the tree of a link (`where`)."""
    require(request.actor, Action.WRITE_SEGMENTS)
    data = editor_data(request, None, _draft(request, "where"))
    return render(request, "segments/editor.html", {"editor": data})


@require_safe
def segment_edit(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """The editor of a saved segment, perhaps with a link's row added (`add`)."""
    require(request.actor, Action.WRITE_SEGMENTS)
    found = find_segment(request, segment)
    data = editor_data(request, found, _draft(request, "add", found))
    return render(request, "segments/editor.html", {"segment": found, "editor": data})


def _draft(request: WorkspaceRequest, name: str, segment: Segment | None = None) -> Any:
    """What the link brings; None, and a word about it, where that can't be used."""
    text = request.GET.get(name)
    if not text:
        return None
    try:
        return read_draft(text, workspace=request.workspace, segment=segment)
    except UnusableDraftError:
        messages.error(request, _("The link's conditions can't be used here any more."))
        return None
