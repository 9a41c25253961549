from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from campaigns.editor_page import editor_data
from campaigns.services.saving import is_locked, is_sending
from campaigns.views.framing import find_campaign
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

# The preview is a page of ours in a frame of its own, where nothing may run.
framing: Callable[[Any], Any] = csp_update({"frame-src": [SELF]})


@framing
@require_safe
def campaign_new(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """The editor with nothing in it; the draft is made with the first change."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    return render(request, "campaigns/edit.html", {"editor": editor_data(request, None)})


@framing
@require_safe
def campaign_edit(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """The editor of a campaign; one that is being sent only says so."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    found = find_campaign(request, campaign)
    if is_locked(found) or found.archived_at is not None:
        context = {
            "campaign": found,
            "is_sending": is_sending(found),
            "may_send": request.actor.may(Action.SEND_CAMPAIGNS),
        }
        return render(request, "campaigns/edit_locked.html", context)
    context = {"campaign": found, "editor": editor_data(request, found)}
    return render(request, "campaigns/edit.html", context)
