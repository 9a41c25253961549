from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from campaigns.models import (
    OPEN_STATES,
    Campaign,
    CampaignState,
    Recipient,
    RecipientState,
    Run,
    RunState,
)
from campaigns.report.building import report_of
from campaigns.report.figures import Report
from campaigns.report.uplift import uplift_of
from campaigns.services.saving import is_locked
from campaigns.views.framing import (
    CAMPAIGN_BADGES,
    RUN_BADGES,
    find_campaign,
    open_run,
    what_may_be_done,
)
from workspaces.middleware import WorkspaceRequest
from workspaces.numbers import whole_number
from workspaces.policies import Action, require

MOST_RUNS = 30


@require_safe
def campaign_page(request: WorkspaceRequest, workspace: int, campaign: int) -> HttpResponse:
    """What came of a campaign, over all its sends, and what goes on."""
    require(request.actor, Action.READ_CAMPAIGNS)
    found = find_campaign(request, campaign)
    run, asked = open_run(found), _run_asked(request, found)
    context = {
        "campaign": found,
        "badge": CAMPAIGN_BADGES[CampaignState(found.state)],
        "open_run": run,
        "runs": run_rows(found),
        "may_write": request.actor.may(Action.WRITE_CAMPAIGNS) and found.archived_at is None,
        "may_send": request.actor.may(Action.SEND_CAMPAIGNS) and found.archived_at is None,
        "is_locked": is_locked(found),
        "may_read_people": request.actor.may(Action.READ_CONTACTS),
        **(what_may_be_done(request, run) if run else {}),
        "may_change_rule": request.actor.may(Action.MANAGE_WORKSPACE),
        "people": _people(request, found, asked or _only_run(found)),
        **_figures(found, asked, request),
    }
    return render(request, "campaigns/report.html", context)


def _run_asked(request: WorkspaceRequest, campaign: Campaign) -> Run | None:
    """`run`: one of the campaign's sends; None: all of them."""
    run_id = whole_number(request.GET.get("run", ""))
    if run_id is None:
        return None
    runs = Run.objects.in_workspace(request.workspace).filter(campaign=campaign)
    return runs.filter(pk=run_id).first()


def _only_run(campaign: Campaign) -> Run | None:
    """The campaign's send, where there is but one."""
    runs = Run.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)[:2]
    found = list(runs.only("pk"))
    return found[0] if len(found) == 1 else None


def _people(request: WorkspaceRequest, campaign: Campaign, run: Run | None) -> str:
    """The address of the list of recipients, of one send or of all; empty for those who mustn't
    see it."""
    if not request.actor.may(Action.READ_CONTACTS):
        return ""
    if run is not None:
        return reverse("campaigns:recipients", args=[campaign.workspace_id, run.pk])
    return reverse("campaigns:all-recipients", args=[campaign.workspace_id, campaign.pk])


def _figures(campaign: Campaign, run: Run | None, request: WorkspaceRequest) -> dict[str, Any]:
    """What came of it, or of one of its sends; nothing before anybody was written to."""
    report = report_of(campaign=campaign, run=run, as_of=request.now)
    if report.is_empty:
        return {"asked": run}
    return {
        "asked": run,
        "report": report,
        "series": _columns(report),
        "uplift": uplift_of(campaign=campaign, run=run, as_of=request.now),
        "most_clicked": max((link.clicked for link in report.links), default=0),
    }


def _columns(report: Report) -> dict[str, list[Any]]:
    """For the chart."""
    return {
        "at": [point.start.isoformat() for point in report.series],
        "opens": [point.opens for point in report.series],
        "clicks": [point.clicks for point in report.series],
        "purchases": [point.purchases for point in report.series],
    }


def run_rows(campaign: Campaign) -> list[dict[str, Any]]:
    """The newest runs, each with its numbers by state."""
    newest = Run.objects.in_workspace(campaign.workspace_id).filter(campaign=campaign)
    runs = list(
        newest.defer("audience", "content", "settings", "segments").order_by(
            "-scheduled_for", "-pk"
        )[:MOST_RUNS]
    )
    rows = Recipient.objects.in_workspace(campaign.workspace_id).filter(run__in=runs)
    numbers: dict[int, dict[str, int]] = defaultdict(dict)
    counted = rows.order_by().values("run_id", "state").annotate(number=Count("id"))
    for row in counted:
        numbers[row["run_id"]][row["state"]] = row["number"]
    return [
        {
            "run": run,
            "badge": RUN_BADGES[RunState(run.state)],
            "is_open": run.state in OPEN_STATES,
            "sent": numbers[run.pk].get(RecipientState.SENT, 0),
            "failed": numbers[run.pk].get(RecipientState.FAILED, 0),
            "unknown": numbers[run.pk].get(RecipientState.UNKNOWN, 0),
        }
        for run in runs
    ]
