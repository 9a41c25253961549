"""What the pages of one campaign and of one run share."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import Http404

from campaigns.models import (
    OPEN_STATES,
    Campaign,
    CampaignState,
    Recipient,
    RecipientState,
    Run,
    RunState,
)
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action

# The colour of a state's dot.
RUN_BADGES = {
    RunState.SCHEDULED: "hollow",
    RunState.HELD: "warn",
    RunState.FREEZING: "live",
    RunState.SENDING: "live",
    RunState.PAUSED: "warn",
    RunState.FINISHED: "good",
    RunState.CANCELLED: "",
    RunState.FAILED: "bad",
}
CAMPAIGN_BADGES = {
    CampaignState.DRAFT: "hollow",
    CampaignState.SCHEDULED: "live",
    CampaignState.STOPPED: "warn",
    CampaignState.DONE: "good",
}


def find_campaign(request: WorkspaceRequest, campaign_id: int) -> Campaign:
    """The campaign of this workspace, or 404."""
    campaign = Campaign.objects.in_workspace(request.workspace).filter(pk=campaign_id).first()
    if campaign is None:
        raise Http404
    return campaign


def find_run(request: WorkspaceRequest, run_id: int) -> Run:
    """The run of this workspace with its campaign, or 404."""
    runs = Run.objects.in_workspace(request.workspace).select_related("campaign", "confirmed_by")
    run = runs.filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


def open_run(campaign: Campaign) -> Run | None:
    """The run that is to be looked after: the newest one that hasn't ended."""
    runs = Run.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    return runs.filter(state__in=OPEN_STATES).order_by("scheduled_for", "pk").first()


def recipients_by_state(run: Run) -> dict[str, int]:
    """How many recipients are in each state; states nobody is in are left out."""
    rows = Recipient.objects.in_workspace(run.workspace_id).filter(run=run)
    counted = rows.order_by().values("state").annotate(number=Count("id"))
    return {row["state"]: row["number"] for row in counted}


def progress_of(run: Run) -> dict[str, Any]:
    """How far a send is: what is done, what is to come, each state by its name."""
    states = recipients_by_state(run)
    total = sum(number for state, number in states.items() if state != RecipientState.SKIPPED)
    waiting = sum(
        states.get(state, 0)
        for state in (RecipientState.QUEUED, RecipientState.SENDING, RecipientState.DEFERRED)
    )
    return {
        "total": total,
        "done": total - waiting,
        "waiting": waiting,
        "share": (total - waiting) / total if total else 0.0,
        "states": {state.value: states.get(state, 0) for state in RecipientState},
    }


def what_may_be_done(request: WorkspaceRequest, run: Run) -> dict[str, bool]:
    """The buttons of a run that this actor may press now."""
    may_send = request.actor.may(Action.SEND_CAMPAIGNS)
    state = run.state
    return {
        "may_pause": may_send and state == RunState.SENDING,
        "may_resume": may_send and state == RunState.PAUSED,
        "may_cancel": may_send and state in OPEN_STATES,
        "may_confirm": may_send and state == RunState.HELD,
    }


def run_frame(request: WorkspaceRequest, run: Run, tab: str) -> dict[str, Any]:
    """What `campaigns/partials/_run_frame.html` needs; `tab` is the current one's name."""
    siblings = Run.objects.in_workspace(request.workspace).filter(campaign=run.campaign)
    return {
        "run": run,
        "campaign": run.campaign,
        "frame": "campaigns/partials/_run_frame.html",
        "tab": tab,
        "badge": RUN_BADGES[RunState(run.state)],
        "is_only_run": not siblings.filter(~Q(pk=run.pk)).exists(),
        "may_read_people": request.actor.may(Action.READ_CONTACTS),
        "may_export": request.actor.may(Action.EXPORT),
        "may_write": request.actor.may(Action.WRITE_CAMPAIGNS),
        **what_may_be_done(request, run),
    }


def campaign_frame(request: WorkspaceRequest, campaign: Campaign) -> dict[str, Any]:
    """What pages about all sends of a campaign share with `run_frame`."""
    return {
        "campaign": campaign,
        "badge": CAMPAIGN_BADGES[CampaignState(campaign.state)],
        "may_read_people": request.actor.may(Action.READ_CONTACTS),
        "may_export": request.actor.may(Action.EXPORT),
        "frame": "campaigns/partials/_campaign_frame.html",
    }
