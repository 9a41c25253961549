from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from campaigns.listing import campaign_rows, standing_in
from campaigns.models import Campaign
from campaigns.services import saving
from campaigns.views.framing import find_campaign
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PAGE_SIZE = 25
STANDINGS = (
    ("", gettext_lazy("All")),
    ("draft", gettext_lazy("Drafts")),
    ("scheduled", gettext_lazy("Scheduled")),
    ("sending", gettext_lazy("Sending")),
    ("held", gettext_lazy("Held")),
    ("paused", gettext_lazy("Paused")),
    ("finished", gettext_lazy("Finished")),
    ("failed", gettext_lazy("Failed")),
    ("archived", gettext_lazy("Archived")),
)
ORDERS: dict[str, tuple[str, ...]] = {
    "name": ("name", "pk"),
    "-name": ("-name", "-pk"),
    "changed": ("changed_at", "pk"),
    "-changed": ("-changed_at", "-pk"),
}


@require_safe
def campaign_list(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Campaigns: where each stands, whom it reached, what came of it."""
    require(request.actor, Action.READ_CAMPAIGNS)
    everything = Campaign.objects.in_workspace(request.workspace)
    live = everything.filter(archived_at__isnull=True)
    state = request.GET.get("state", "")
    is_away = state == "archived"
    found = standing_in(everything.filter(archived_at__isnull=not is_away), state)
    if search := request.GET.get("search", "").replace("\x00", "").strip():
        found = found.filter(name__icontains=search)
    sort = request.GET.get("sort", "-changed")
    ordered = found.order_by(*ORDERS.get(sort, ORDERS["-changed"]))
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = campaign_rows(
        workspace=request.workspace, campaigns=list(page.object_list), as_of=request.now
    )
    context = {
        "page": page,
        "rows": rows,
        "currency": request.workspace.base_currency,
        "is_empty": not everything.exists(),
        "number": live.count(),
        "states": STANDINGS,
        "state": state,
        "sort": sort,
        "may_write": request.actor.may(Action.WRITE_CAMPAIGNS),
    }
    return render(request, "campaigns/list.html", context)


@require_POST
def campaign_duplicate(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """A copy, opened in the editor."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    copy = saving.duplicate_campaign(
        actor=request.actor, campaign=find_campaign(request, campaign), now=request.now
    )
    return redirect("campaigns:edit", workspace, copy.pk)


@require_POST
def campaign_archive(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """Put the campaign away, unless it is being sent."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    found = find_campaign(request, campaign)
    try:
        saving.archive_campaign(actor=request.actor, campaign=found, now=request.now)
    except saving.CampaignLockedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("{name} is archived.").format(name=found.name))
    return redirect("campaigns:list", workspace)


@require_POST
def campaign_restore(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """Bring an archived campaign back."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    saving.restore_campaign(
        actor=request.actor, campaign=find_campaign(request, campaign), now=request.now
    )
    return redirect("campaigns:list", workspace)
