"""A/B tests: what each variant has earned, and the winner to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from campaigns.frozen import RunSettings, settings_of
from campaigns.models import (
    Campaign,
    CampaignState,
    Recipient,
    RecipientState,
    RevenueRule,
    Run,
    RunKind,
    RunState,
)
from campaigns.responded import CLICKED, OPENED, first_responses, responses_to
from campaigns.services.plans import OLDEST, goes_on, settings_or_none, settle_campaign
from campaigns.services.runs import Wanted, make_runs, ring_on_commit
from segments.criteria.scope import Scope
from workspaces.tenancy import claimer_scope, workspace_scope

AT_ONCE = 200


@dataclass(frozen=True)
class Score:
    """What a variant has earned; the greater the better."""

    sent: int
    earned: int

    @property
    def rate(self) -> float:
        return self.earned / self.sent if self.sent else 0.0


def settle_tests(*, now: datetime) -> int:
    """Name the winner of each test whose time is up, and send it to the rest. How many were."""
    with claimer_scope():
        tests = Run.objects.filter(
            kind=RunKind.TEST,
            winner__isnull=True,
            state=RunState.FINISHED,
            as_of__gt=now - OLDEST,
        )
        found = list(tests.order_by("as_of").values_list("workspace_id", "pk")[:AT_ONCE])
        ending = Campaign.objects.filter(state=CampaignState.SCHEDULED, next_due_at__isnull=True)
        campaigns = list(ending.values_list("workspace_id", "pk")[:AT_ONCE])
    settled = sum(_settle(workspace_id, run_id, now) for workspace_id, run_id in found)
    for workspace_id, campaign_id in campaigns:
        with workspace_scope(workspace_id):
            rows = Campaign.objects.in_workspace(workspace_id)
            settle_campaign(rows.get(pk=campaign_id))
    return settled


def _settle(workspace_id: int, run_id: int, now: datetime) -> bool:
    with workspace_scope(workspace_id):
        rows = Run.objects.in_workspace(workspace_id).filter(pk=run_id, winner__isnull=True)
        run = rows.select_for_update(skip_locked=True, of=("self",)).first()
        if run is None or run.as_of is None:
            return False
        settings = settings_or_none(run)
        if settings is None or settings.testing is None:
            return False
        if run.as_of + timedelta(hours=settings.testing.wait_hours) > now:
            return False
        run.winner = winner_of(scores_of(run=run, as_of=now))
        run.save(update_fields=["winner"])
        if settings.testing.share < 100 and goes_on(run.campaign):
            rest = Wanted(f"rest:{run.pk}", now, RunKind.REST, zone=run.zone, parent=run)
            make_runs(campaign=run.campaign, wanted=[rest])
            ring_on_commit()
        settle_campaign(run.campaign)
        return True


def scores_of(*, run: Run, as_of: datetime) -> dict[int, Score]:
    """What each variant has earned by an instant, by the test's rule."""
    settings = settings_of(run)
    testing = settings.testing
    rule = testing.winner if testing is not None else "clicks"
    recipients = Recipient.objects.in_workspace(run.workspace_id).filter(run=run)
    reached = recipients.filter(state=RecipientState.SENT)
    sent = dict(reached.order_by().values_list("variant").annotate(n=Count("contact_id")))
    if rule == "revenue":
        earned = _revenue(run, settings, as_of)
    else:
        kinds = OPENED if rule == "opens" else CLICKED
        responded = responses_to(run, as_of, kinds).values("contact_id")
        rows = recipients.filter(contact_id__in=responded).order_by().values_list("variant")
        earned = dict(rows.annotate(n=Count("contact_id")))
    number = 1 + (len(testing.variants) if testing is not None else 0)
    return {each: Score(sent.get(each, 0), earned.get(each, 0)) for each in range(number)}


def winner_of(scores: Mapping[int, Score]) -> int:
    """The variant with the best rate; of equals the first."""
    best = max((score.rate for score in scores.values()), default=0.0)
    return next((each for each, score in sorted(scores.items()) if score.rate == best), 0)


def _revenue(run: Run, settings: RunSettings, as_of: datetime) -> dict[int, int]:
    """Minor units paid for goods after a contact's response, by variant."""
    first = first_responses(run, as_of, RevenueRule(settings.revenue_rule))
    within = timedelta(days=settings.attribution_days)
    rows = Recipient.objects.in_workspace(run.workspace_id).filter(
        run=run, contact_id__any_of=list(first)
    )
    variants = dict(rows.values_list("contact_id", "variant"))
    scope = Scope(run.campaign.workspace, as_of).only(list(variants))
    earned: dict[int, int] = {}
    bought = scope.purchases().values_list("contact_id", "occurred_at", "goods_amount")
    for contact_id, at, amount in bought:
        if first[contact_id] <= at < first[contact_id] + within:
            variant = variants[contact_id]
            earned[variant] = earned.get(variant, 0) + amount
    return earned
