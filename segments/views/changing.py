from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from segments import services
from segments.criteria.tree import InvalidTree
from segments.services.freezing import freeze_into_list
from segments.services.queueing import cancel_open, request_recount_now
from segments.wizard.page import find_segment
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require


@require_POST
def segment_recount(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Count now."""
    require(request.actor, Action.WRITE_SEGMENTS)
    request_recount_now(segment=find_segment(request, segment), now=request.now)
    return redirect("segments:page", workspace, segment)


@require_POST
def segment_cancel(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Stop what is being counted."""
    require(request.actor, Action.WRITE_SEGMENTS)
    cancel_open(segment=find_segment(request, segment), now=request.now)
    return redirect("segments:page", workspace, segment)


@require_POST
def segment_duplicate(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """A copy, opened in the editor."""
    require(request.actor, Action.WRITE_SEGMENTS)
    try:
        copy = services.duplicate_segment(
            actor=request.actor, segment=find_segment(request, segment), now=request.now
        )
    except InvalidTree as error:
        messages.error(request, error.errors[0].message)
        return redirect("segments:page", workspace, segment)
    return redirect("segments:edit", workspace, copy.pk)


@require_POST
def segment_archive(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Put the segment away, unless something uses it."""
    require(request.actor, Action.WRITE_SEGMENTS)
    found = find_segment(request, segment)
    try:
        services.archive_segment(actor=request.actor, segment=found, now=request.now)
    except services.SegmentInUseError as error:
        messages.error(request, str(error))
        return redirect("segments:page", workspace, segment)
    messages.success(request, _("{name} is archived.").format(name=found.name))
    return redirect("segments:list", workspace)


@require_POST
def segment_restore(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Bring an archived segment back."""
    require(request.actor, Action.WRITE_SEGMENTS)
    services.restore_segment(
        actor=request.actor, segment=find_segment(request, segment), now=request.now
    )
    return redirect("segments:page", workspace, segment)


@require_POST
def segment_freeze(request: WorkspaceRequest, workspace: int, segment: int) -> HttpResponse:
    """Make a static list of everybody who is in the segment now."""
    require(request.actor, Action.WRITE_CONTACTS)
    found = find_segment(request, segment)
    name = request.POST.get("name", "").strip() or found.name
    try:
        made = freeze_into_list(actor=request.actor, segment=found, name=name, now=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("segments:page", workspace, segment)
    except InvalidTree as error:
        messages.error(request, error.errors[0].message)
        return redirect("segments:page", workspace, segment)
    return redirect("contacts:list-card", workspace, made.pk)
