"""Which purchases a campaign is credited with.

A purchase is credited to the last sign of interest before it, in whatever campaign of the workspace
that was, if it was less than so many days before: so it counts once, in one campaign. Counted are
purchases as segments count them: paid or fulfilled as they stood at the report's instant, at what
was paid for the goods less what was refunded by then. The rule and the days are those the workspace
has set today, the same for all campaigns; otherwise two campaigns could claim one purchase.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Min

from campaigns.frozen import sending_settings_of
from campaigns.keys import CAMPAIGN, key_of_campaign
from campaigns.models import RevenueRule, Run
from campaigns.report.asking import RECIPIENT_OF, Question, ask
from campaigns.report.figures import Attribution, Sales
from tracking.models import MessageEventKind
from transactions.models import COUNTED_STATUSES
from workspaces.models import Workspace

SIGNS = {
    RevenueRule.CLICK: (MessageEventKind.CLICKED,),
    RevenueRule.OPEN_OR_CLICK: (MessageEventKind.OPENED, MessageEventKind.CLICKED),
}

# The purchases credited to one of some campaigns; before `since` nothing of a campaign happened.
_CREDITED = """
    WITH asked AS (
        SELECT * FROM unnest(%(keys)s::text[], %(sinces)s::timestamptz[]) AS asked (key, since)
    ), touched AS (
        SELECT contact_id, min(occurred_at) AS first_at
        FROM asked
        JOIN tracking_messageevent AS sign ON sign.campaign_key = asked.key
        WHERE workspace_id = %(workspace)s AND campaign_key <> ''
          AND kind = ANY (%(signs)s::text[]) AND NOT is_machine
          AND occurred_at >= asked.since AND occurred_at < %(as_of)s
        GROUP BY contact_id
    ), bought AS (
        SELECT root_id, contact_id, occurred_at, goods_amount
        FROM transactions_transaction AS purchase
        JOIN touched USING (contact_id)
        WHERE purchase.workspace_id = %(workspace)s
          AND purchase.occurred_at >= touched.first_at AND purchase.occurred_at < %(as_of)s
          AND purchase.version_from <= %(as_of)s
          AND (purchase.superseded_at IS NULL OR purchase.superseded_at > %(as_of)s)
          AND purchase.kind = 'purchase' AND purchase.status = ANY (%(statuses)s::text[])
    ), credited AS (
        SELECT bought.*, touch.message_id, touch.campaign_key
        FROM bought
        CROSS JOIN LATERAL (
            SELECT message_id, campaign_key, occurred_at AS at
            FROM tracking_messageevent
            WHERE workspace_id = %(workspace)s AND contact_id = bought.contact_id
              AND occurred_at <= bought.occurred_at AND occurred_at > bought.occurred_at - %(days)s
              AND kind = ANY (%(signs)s::text[]) AND NOT is_machine
              AND campaign_key LIKE %(ours)s
            ORDER BY occurred_at DESC, id DESC
            LIMIT 1
        ) AS touch
        JOIN asked ON asked.key = touch.campaign_key AND touch.at >= asked.since
    )
"""

_EACH = f"""
    {_CREDITED}
    SELECT credited.contact_id, credited.occurred_at, credited.goods_amount AS amount,
           recipient.id AS recipient_id, recipient.run_id, recipient.variant
    FROM credited
    {RECIPIENT_OF.format(events="credited")}
"""  # noqa: S608 (all of it stands here)

_BY_CAMPAIGN = f"""
    {_CREDITED}
    SELECT run.campaign_id, count(*) AS purchases,
           count(DISTINCT credited.contact_id) AS buyers, sum(credited.goods_amount) AS revenue
    FROM credited
    {RECIPIENT_OF.format(events="credited")}
    JOIN campaigns_run AS run
      ON run.workspace_id = %(workspace)s AND run.id = recipient.run_id
     AND %(prefix)s || run.campaign_id = credited.campaign_key
    GROUP BY run.campaign_id
"""  # noqa: S608 (all of it stands here)


@dataclass(frozen=True)
class Credited:
    """A purchase the campaign is credited with; `amount` in minor units."""

    contact_id: int
    occurred_at: datetime
    amount: int
    recipient_id: int  # of the message that is credited with it
    run_id: int
    variant: int


def attribution_of(workspace: Workspace) -> Attribution:
    """The workspace's rule of today."""
    settings = sending_settings_of(workspace.pk)
    return Attribution(RevenueRule(settings.revenue_rule), settings.attribution_days)


def credited_purchases(question: Question, rule: Attribution) -> list[Credited]:
    """The purchases credited to the messages asked about, in no order."""
    asked = {"keys": [key_of_campaign(question.campaign.pk)], "sinces": [question.since]}
    return [_credited(row) for row in question.ask(_EACH, **asked, **_ruled(rule))]


def sales_of(
    *, workspace: Workspace, campaign_ids: Collection[int], as_of: datetime
) -> dict[int, Sales]:
    """What each campaign's report says it sold over all its sends: three statements, whatever the
    number of campaigns. Those that sold nothing are left out."""
    runs = (
        Run.objects.in_workspace(workspace)
        .filter(campaign_id__in=campaign_ids, as_of__isnull=False, as_of__lte=as_of)
        .order_by()
        .values_list("campaign_id")
        .annotate(since=Min("as_of"), ids=ArrayAgg("id"))
    )
    asked = list(runs)
    if not asked:
        return {}
    rows = ask(
        _BY_CAMPAIGN,
        {
            "workspace": workspace.pk,
            "as_of": as_of,
            "keys": [key_of_campaign(campaign_id) for campaign_id, _since, _ids in asked],
            "sinces": [since for _campaign_id, since, _ids in asked],
            "runs": [pk for _campaign_id, _since, ids in asked for pk in ids],
            **_ruled(attribution_of(workspace)),
        },
    )
    return {
        row["campaign_id"]: Sales(row["purchases"], row["buyers"], int(row["revenue"]))
        for row in rows
    }


def _ruled(rule: Attribution) -> dict[str, Any]:
    return {
        "signs": [kind.value for kind in SIGNS[rule.rule]],
        "days": timedelta(days=rule.days),
        "statuses": [status.value for status in COUNTED_STATUSES],
        "prefix": CAMPAIGN,
        "ours": f"{CAMPAIGN}%",
    }


def _credited(row: dict[str, Any]) -> Credited:
    return Credited(**{**row, "amount": int(row["amount"])})
