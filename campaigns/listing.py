"""What the list of campaigns shows of each: where it stands, how many it reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from campaigns.keys import key_of_campaign
from campaigns.models import (
    OPEN_STATES,
    Campaign,
    CampaignState,
    Recipient,
    RecipientState,
    Run,
    RunState,
)
from campaigns.report.asking import asking_of
from campaigns.report.attribution import sales_of
from campaigns.report.figures import Sales, share
from tracking.models import MessageEvent, MessageEventKind
from workspaces.models import Workspace

PATIENCE = "4s"  # for the revenue of a page of campaigns
_TOO_LONG = "57014"  # statement_timeout
# Which of several open runs a person has to look at first.
_PRESSING = (
    RunState.HELD,
    RunState.PAUSED,
    RunState.SENDING,
    RunState.FREEZING,
    RunState.SCHEDULED,
)
_OVER = (RunState.FINISHED, RunState.CANCELLED, RunState.FAILED)
_WAITING = (RecipientState.QUEUED, RecipientState.SENDING, RecipientState.DEFERRED)


@dataclass(frozen=True)
class Results:
    """What came of all sends of a campaign; machine opens and clicks are left out."""

    delivered: int  # sent and not bounced, as the report counts
    opened: int
    clicked: int
    sales: Sales | None = None  # None: there is too much to count for a list

    @property
    def opened_share(self) -> float | None:
        return share(self.opened, self.delivered)

    @property
    def clicked_share(self) -> float | None:
        return share(self.clicked, self.delivered)


@dataclass(frozen=True)
class CampaignRow:
    """A line of the list. `standing` is a state of the campaign or of the run that matters."""

    campaign: Campaign
    standing: str
    run: Run | None  # open, or the last one
    progress: float | None  # of a run that is being sent, 0 to 1
    next_at: datetime | None
    recipients: int | None
    results: Results | None
    url: str


def campaign_rows(
    *, workspace: Workspace, campaigns: Sequence[Campaign], as_of: datetime
) -> list[CampaignRow]:
    """The lines of some campaigns, in a few queries whatever their number.

    Revenue is what the campaigns' reports of the instant say.
    """
    ids = [campaign.pk for campaign in campaigns]
    runs = _runs_that_matter(workspace, ids)
    moving = [run for run in runs.values() if run.state in (RunState.SENDING, RunState.PAUSED)]
    waiting = _waiting(workspace, [run.pk for run in moving])
    results = _results(workspace, list(runs), as_of)
    return [
        _row(campaign, runs.get(campaign.pk), waiting, results.get(campaign.pk))
        for campaign in campaigns
    ]


def standing_in(campaigns: QuerySet[Campaign], standing: str) -> QuerySet[Campaign]:
    """Those that stand so; every state the list names."""
    open_runs = Run.objects.filter(workspace_id=OuterRef("workspace_id"), campaign=OuterRef("pk"))
    is_open = Exists(open_runs.filter(state__in=OPEN_STATES))
    last = open_runs.order_by("-scheduled_for", "-pk").values("state")[:1]
    match standing:
        case "draft":
            return campaigns.filter(~Exists(open_runs), state=CampaignState.DRAFT)
        case "scheduled":
            waits = Exists(open_runs.filter(state=RunState.SCHEDULED))
            return campaigns.filter(Q(state=CampaignState.SCHEDULED) | Q(waits))
        case "sending":
            under_way = (RunState.FREEZING, RunState.SENDING)
            return campaigns.filter(Exists(open_runs.filter(state__in=under_way)))
        case RunState.HELD | RunState.PAUSED:
            return campaigns.filter(Exists(open_runs.filter(state=standing)))
        case RunState.FINISHED | RunState.FAILED | RunState.CANCELLED:
            closed = campaigns.filter(~is_open).exclude(state=CampaignState.SCHEDULED)
            return closed.annotate(last_state=Subquery(last)).filter(last_state=standing)
    return campaigns


def _runs_that_matter(workspace: Workspace, ids: Sequence[int]) -> dict[int, Run]:
    """By campaign: the open run that presses most, else the last one."""
    runs = Run.objects.in_workspace(workspace).filter(campaign_id__in=ids)
    plain = runs.defer("audience", "content", "settings", "segments", "waterfall")
    last = plain.filter(state__in=_OVER).order_by("campaign_id", "-scheduled_for", "-pk")
    found = {run.campaign_id: run for run in last.distinct("campaign_id")}
    for run in sorted(plain.filter(state__in=OPEN_STATES), key=_press, reverse=True):
        found[run.campaign_id] = run
    return found


def _press(run: Run) -> int:
    return _PRESSING.index(RunState(run.state))


def _waiting(workspace: Workspace, run_ids: Sequence[int]) -> dict[int, int]:
    """How many recipients of a run nothing was tried for yet, or will be tried again."""
    if not run_ids:
        return {}
    rows = Recipient.objects.in_workspace(workspace).filter(run_id__in=run_ids, state__in=_WAITING)
    counted = rows.order_by().values("run_id").annotate(number=Count("*"))
    return dict(counted.values_list("run_id", "number"))


def _results(workspace: Workspace, ids: Sequence[int], as_of: datetime) -> dict[int, Results]:
    """A few grouped questions; campaigns nothing was sent of are left out."""
    if not ids:
        return {}
    recipients = Recipient.objects.in_workspace(workspace).filter(
        run__campaign_id__in=ids, state=RecipientState.SENT
    )
    sent = recipients.order_by().values("run__campaign_id").annotate(number=Count("*"))
    events = MessageEvent.objects.in_workspace(workspace).filter(
        campaign_key__in=[key_of_campaign(pk) for pk in ids], kind__in=_TOLD
    )
    by_person = Q(kind__in=(MessageEventKind.OPENED, MessageEventKind.CLICKED), is_machine=False)
    answers = (
        events.order_by()
        .values("campaign_key")
        .annotate(
            bounced=_messages(Q(kind=MessageEventKind.BOUNCED)),
            opened=_messages(by_person),
            clicked=_messages(by_person & Q(kind=MessageEventKind.CLICKED)),
        )
    )
    by_key = {
        row["campaign_key"]: (row["bounced"], row["opened"], row["clicked"]) for row in answers
    }
    numbers = {row["run__campaign_id"]: row["number"] for row in sent}
    sales = _sales(workspace, list(numbers), as_of)
    found = {}
    for pk, number in numbers.items():
        bounced, opened, clicked = by_key.get(key_of_campaign(pk), (0, 0, 0))
        sold = sales.get(pk, Sales()) if sales is not None else None
        found[pk] = Results(number - bounced, opened, clicked, sold)
    return found


def _sales(workspace: Workspace, ids: Sequence[int], as_of: datetime) -> dict[int, Sales] | None:
    """None where so much was clicked and bought that a list shouldn't wait for it."""
    try:
        with asking_of(workspace, longest=PATIENCE):
            return sales_of(workspace=workspace, campaign_ids=ids, as_of=as_of)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _TOO_LONG:
            raise
        return None


_TOLD = (MessageEventKind.OPENED, MessageEventKind.CLICKED, MessageEventKind.BOUNCED)


def _messages(condition: Q) -> Count:
    """Each message once, however often it happened."""
    return Count("message_id", distinct=True, filter=condition)


def _row(
    campaign: Campaign, run: Run | None, waiting: Mapping[int, int], results: Results | None
) -> CampaignRow:
    is_open = run is not None and run.state in OPEN_STATES
    standing = campaign.state
    if run is not None and (is_open or campaign.state in (CampaignState.DONE, "stopped")):
        standing = run.state
    if campaign.state == CampaignState.STOPPED and not is_open:
        standing = RunState.FAILED if run and run.state == RunState.FAILED else campaign.state
    progress = None
    if run is not None and run.size and run.state in (RunState.SENDING, RunState.PAUSED):
        progress = 1 - waiting.get(run.pk, 0) / run.size
    next_at = run.scheduled_for if run and run.state == RunState.SCHEDULED else campaign.next_due_at
    return CampaignRow(
        campaign=campaign,
        standing=standing,
        run=run,
        progress=progress,
        next_at=next_at,
        recipients=run.size if run is not None else None,
        results=results,
        url=_address(campaign, run),
    )


def _address(campaign: Campaign, run: Run | None) -> str:
    """A draft is opened to be written; what was sent is opened to be read."""
    is_new = run is None and campaign.state == CampaignState.DRAFT
    name = "campaigns:edit" if is_new else "campaigns:page"
    return reverse(name, args=[campaign.workspace_id, campaign.pk])
