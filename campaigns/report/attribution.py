"""Which purchases a campaign is credited with.

A purchase is credited to the last sign of interest before it, in whatever campaign of the workspace
that was, if it was less than so many days before: so it counts once, in one campaign. Counted are
purchases as segments count them: paid or fulfilled as they stood at the report's instant, at what
was paid for the goods less what was refunded by then. The rule and the days are those the workspace
has set today, the same for all campaigns; otherwise two campaigns could claim one purchase.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.frozen import sending_settings_of
from campaigns.models import RevenueRule
from campaigns.report.asking import RECIPIENT_OF, Question
from campaigns.report.figures import Attribution
from tracking.models import MessageEventKind
from transactions.models import COUNTED_STATUSES

SIGNS = {
    RevenueRule.CLICK: (MessageEventKind.CLICKED,),
    RevenueRule.OPEN_OR_CLICK: (MessageEventKind.OPENED, MessageEventKind.CLICKED),
}

_CREDITED = """
    WITH touched AS (
        SELECT contact_id, min(occurred_at) AS first_at
        FROM tracking_messageevent
        WHERE workspace_id = %(workspace)s AND campaign_key = %(key)s AND campaign_key <> ''
          AND kind = ANY (%(signs)s::text[]) AND NOT is_machine
          AND occurred_at >= %(since)s AND occurred_at < %(as_of)s
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
        SELECT bought.*, touch.message_id
        FROM bought
        CROSS JOIN LATERAL (
            SELECT message_id, campaign_key
            FROM tracking_messageevent
            WHERE workspace_id = %(workspace)s AND contact_id = bought.contact_id
              AND occurred_at <= bought.occurred_at AND occurred_at > bought.occurred_at - %(days)s
              AND kind = ANY (%(signs)s::text[]) AND NOT is_machine
              AND campaign_key LIKE 'campaign-%%'
            ORDER BY occurred_at DESC, id DESC
            LIMIT 1
        ) AS touch
        WHERE touch.campaign_key = %(key)s
    )
    SELECT credited.contact_id, credited.occurred_at, credited.goods_amount AS amount,
           recipient.run_id, recipient.variant
    FROM credited
"""


@dataclass(frozen=True)
class Credited:
    """A purchase the campaign is credited with; `amount` in minor units."""

    contact_id: int
    occurred_at: datetime
    amount: int
    run_id: int
    variant: int


def attribution_of(question: Question) -> Attribution:
    """The workspace's rule."""
    settings = sending_settings_of(question.workspace.pk)
    return Attribution(RevenueRule(settings.revenue_rule), settings.attribution_days)


def credited_purchases(question: Question, rule: Attribution) -> list[Credited]:
    """The purchases credited to the messages asked about, in no order."""
    rows = question.ask(
        _CREDITED + RECIPIENT_OF.format(events="credited"),
        signs=[kind.value for kind in SIGNS[rule.rule]],
        days=timedelta(days=rule.days),
        statuses=[status.value for status in COUNTED_STATUSES],
    )
    return [_credited(row) for row in rows]


def _credited(row: dict[str, Any]) -> Credited:
    return Credited(
        contact_id=row["contact_id"],
        occurred_at=row["occurred_at"],
        amount=int(row["amount"]),
        run_id=row["run_id"],
        variant=row["variant"],
    )
