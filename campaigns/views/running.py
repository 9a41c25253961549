"""What people do with a send: confirm it, pause it, resume it, cancel it, send again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from campaigns.services.control import (
    cancel_run,
    pause_run,
    resend_unknown,
    resume_run,
)
from campaigns.services.starting import confirm_run, stop_campaign
from campaigns.views.framing import find_campaign, find_run
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require
from workspaces.templatetags.shell import number


@contextmanager
def _refusals(request: WorkspaceRequest) -> Iterator[None]:
    """What can't be done is said on the next page."""
    try:
        yield
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))


@require_POST
def run_pause(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """Stop sending for now."""
    require(request.actor, Action.SEND_CAMPAIGNS)
    run = find_run(request, run_id)
    with _refusals(request):
        pause_run(actor=request.actor, run=run, now=request.now)
    return redirect("campaigns:run", workspace, run_id)


@require_POST
def run_resume(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """Go on where it stopped."""
    require(request.actor, Action.SEND_CAMPAIGNS)
    run = find_run(request, run_id)
    with _refusals(request):
        resume_run(actor=request.actor, run=run, now=request.now)
    return redirect("campaigns:run", workspace, run_id)


@require_POST
def run_cancel(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """Stop for good."""
    require(request.actor, Action.SEND_CAMPAIGNS)
    run = find_run(request, run_id)
    with _refusals(request):
        cancel_run(actor=request.actor, run=run, now=request.now)
        messages.success(request, _("The send is cancelled."))
    return redirect("campaigns:run", workspace, run_id)


@require_POST
def run_confirm(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """Send although the guard asked: the posted codes are what was looked at."""
    require(request.actor, Action.SEND_CAMPAIGNS)
    run = find_run(request, run_id)
    codes = request.POST.getlist("code")
    with _refusals(request):
        confirm_run(actor=request.actor, run=run, codes=codes, now=request.now)
    return redirect("campaigns:run", workspace, run_id)


@require_POST
def run_resend(request: WorkspaceRequest, workspace: int, run_id: int) -> HttpResponse:
    """Once more to everybody of whom nobody knows whether they got it."""
    require(request.actor, Action.SEND_CAMPAIGNS)
    run = find_run(request, run_id)
    with _refusals(request):
        sent = resend_unknown(actor=request.actor, run=run, recipient_ids=None, now=request.now)
        text = ngettext("Sending again to {n} person.", "Sending again to {n} people.", sent)
        messages.success(request, text.format(n=number(sent)))
    return redirect("campaigns:run", workspace, run_id)


@require_POST
def campaign_stop(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """No more sends of a scheduled campaign."""
    require(request.actor, Action.SEND_CAMPAIGNS)
    found = find_campaign(request, campaign)
    stop_campaign(actor=request.actor, campaign=found, now=request.now)
    messages.success(request, _("{name} is stopped. Nothing more is sent.").format(name=found.name))
    return redirect("campaigns:page", workspace, campaign)
