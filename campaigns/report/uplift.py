"""Did the campaign sell more than sending nothing would have? Recipients against those held out.

Both were chosen by chance from the same people: whoever was left out earlier (excluded, without
consent, suppressed, capped) is in neither group. Everybody meant to get the message counts among
the recipients, whether or not it arrived; otherwise the groups would differ by more than chance.
Of contacts with one address, which get one message, the held-out count once too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from campaigns.frozen import sending_settings_of
from campaigns.models import Campaign, Run, SkipReason
from campaigns.report.asking import Question, asking_of
from campaigns.report.figures import Comparison, Group, Uplift
from campaigns.report.intervals import (
    FEWEST_BUYERS,
    difference_of_means,
    difference_of_rates,
)
from transactions.models import COUNTED_STATUSES

# Left out when the send had begun: still meant to get it.
_AFTERWARDS = (SkipReason.CANCELLED, SkipReason.GONE)

_GROUPS = """
    WITH chosen AS (
        SELECT run_id, contact_id, true AS is_recipient
        FROM campaigns_recipient
        WHERE workspace_id = %(workspace)s AND run_id = ANY (%(runs)s::bigint[])
          AND (state <> 'skipped' OR reason = ANY (%(afterwards)s::text[]))
        UNION ALL
        SELECT run_id, min(contact_id), false
        FROM campaigns_recipient
        WHERE workspace_id = %(workspace)s AND run_id = ANY (%(runs)s::bigint[])
          AND state = 'skipped' AND reason = 'held_out'
        GROUP BY run_id, coalesce(address_hash, int8send(contact_id))
    ), assigned AS (
        SELECT chosen.contact_id, chosen.is_recipient, run.as_of AS start
        FROM chosen
        JOIN campaigns_run AS run
          ON run.workspace_id = %(workspace)s AND run.id = chosen.run_id
    ), people AS (
        SELECT contact_id, bool_or(is_recipient) AS is_recipient
        FROM assigned GROUP BY contact_id
    ), bought AS (
        SELECT contact_id, count(*) AS purchases, sum(goods_amount) AS amount
        FROM (
            SELECT DISTINCT purchase.contact_id, purchase.root_id, purchase.goods_amount
            FROM transactions_transaction AS purchase
            JOIN assigned USING (contact_id)
            WHERE purchase.workspace_id = %(workspace)s
              AND purchase.occurred_at >= assigned.start
              AND purchase.occurred_at < assigned.start + %(days)s
              AND purchase.occurred_at >= %(since)s AND purchase.occurred_at < %(as_of)s
              AND purchase.version_from <= %(as_of)s
              AND (purchase.superseded_at IS NULL OR purchase.superseded_at > %(as_of)s)
              AND purchase.kind = 'purchase' AND purchase.status = ANY (%(statuses)s::text[])
        ) AS each
        GROUP BY contact_id
    )
    SELECT is_recipient, count(*) AS contacts, count(bought.contact_id) AS buyers,
           coalesce(sum(purchases), 0) AS purchases, coalesce(sum(amount), 0) AS revenue,
           coalesce(var_samp(coalesce(amount, 0)), 0) AS variance
    FROM people LEFT JOIN bought USING (contact_id)
    GROUP BY is_recipient
"""


def uplift_of(*, campaign: Campaign, as_of: datetime, run: Run | None = None) -> Uplift:
    """The campaign's recipients, or one run's, compared with those held out.

    Over several runs a contact counts once, with what was bought within the days after any of
    them; whoever was a recipient of one of them is a recipient.
    """
    workspace = campaign.workspace
    question = Question(workspace, campaign, as_of, run)
    with asking_of(workspace):
        days = sending_settings_of(workspace.pk).attribution_days
        rows = question.ask(
            _GROUPS,
            days=timedelta(days=days),
            afterwards=[reason.value for reason in _AFTERWARDS],
            statuses=[status.value for status in COUNTED_STATUSES],
        )
    found = {row["is_recipient"]: row for row in rows}
    ends = [each.as_of + timedelta(days=days) for each in question.runs if each.as_of]
    recipients, held_out = _group(found.get(True)), _group(found.get(False))
    return Uplift(
        days=days,
        complete_at=max(ends, default=None),
        as_of=as_of,
        currency=workspace.base_currency,
        recipients=recipients,
        held_out=held_out,
        conversion=_conversion(recipients, held_out),
        revenue=_revenue(
            recipients, _variance(found.get(True)), held_out, _variance(found.get(False))
        ),
    )


def _group(row: dict[str, Any] | None) -> Group:
    if row is None:
        return Group()
    return Group(row["contacts"], row["buyers"], int(row["purchases"]), int(row["revenue"]))


def _variance(row: dict[str, Any] | None) -> float:
    return 0.0 if row is None else float(row["variance"])


def _conversion(recipients: Group, held_out: Group) -> Comparison:
    if recipients.conversion_rate is None or held_out.conversion_rate is None:
        return Comparison()
    return Comparison(
        recipients.conversion_rate - held_out.conversion_rate,
        difference_of_rates(
            recipients.buyers, recipients.contacts, held_out.buyers, held_out.contacts
        ),
    )


def _revenue(
    recipients: Group, variance: float, held_out: Group, other_variance: float
) -> Comparison:
    mean, other = recipients.revenue_per_contact, held_out.revenue_per_contact
    if mean is None or other is None:
        return Comparison()
    interval = None
    if min(recipients.buyers, held_out.buyers) >= FEWEST_BUYERS:
        interval = difference_of_means(
            mean, variance, recipients.contacts, other, other_variance, held_out.contacts
        )
    return Comparison(mean - other, interval)
