"""Writing down how attempts ended: recipient, message and change log in one commit."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.delivery.outcomes import Outcome, Result
from campaigns.delivery.plan import Plan
from campaigns.keys import key_of_campaign, message_of
from campaigns.models import Recipient
from tracking.services import SentMessage, record_sent

# After the first, second … attempt that was put off; then the recipient fails.
RETRY_AFTER = (
    timedelta(minutes=2),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)
MOST_ATTEMPTS = len(RETRY_AFTER) + 1
SPREAD = 0.25  # of the delay, either way, so that what failed together isn't tried together

# An answer that comes after the lease had run out still tells what happened.
_RECORD = """
UPDATE campaigns_recipient r SET
  state = given.state,
  error = given.error,
  provider_id = CASE WHEN given.provider_id = '' THEN r.provider_id ELSE given.provider_id END,
  sent_at = given.sent_at,
  next_at = now() + make_interval(secs => given.seconds),
  handed_over = given.state IN ('sent', 'unknown'),
  lease_until = NULL
FROM unnest(
  %(ids)s::bigint[], %(attempts)s::int[], %(states)s::text[], %(errors)s::text[],
  %(provider_ids)s::text[], %(sent_at)s::timestamptz[], %(seconds)s::float[]
) AS given (id, attempt, state, error, provider_id, sent_at, seconds)
WHERE r.workspace_id = %(workspace)s AND r.id = given.id AND r.attempt = given.attempt
  AND r.holder = %(holder)s AND r.state IN ('sending', 'unknown')
RETURNING r.id
"""


@dataclass(frozen=True)
class Attempt:
    """A recipient who was tried, and how it ended."""

    recipient: Recipient
    outcome: Outcome
    subject: str
    at: datetime

    @property
    def state(self) -> Result:
        """As it is kept: who was put off too often has failed."""
        if self.outcome.result == Result.DEFERRED and self.recipient.attempt >= MOST_ATTEMPTS:
            return Result.FAILED
        return self.outcome.result


def record_attempts(
    *, plan: Plan, attempts: Sequence[Attempt], is_first: bool = True
) -> list[Attempt]:
    """Keep how these ended; those that were still ours. `is_first` as in `record_sent`.

    Inside the workspace's scope. Safe to repeat when nobody knows whether the commit arrived.
    """
    if not attempts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, _parameters(plan, attempts))
        kept = {row[0] for row in cursor.fetchall()}
    recorded = [each for each in attempts if each.recipient.pk in kept]
    record_sent(
        workspace=plan.workspace,
        campaign_key=key_of_campaign(plan.run.campaign_id),
        messages=[_message(plan, each) for each in recorded if each.state == Result.SENT],
        is_first=is_first,
    )
    return recorded


def retry_in(attempt: int) -> timedelta:
    """How long to wait after this attempt, counted from 1."""
    delay = RETRY_AFTER[min(attempt, len(RETRY_AFTER)) - 1]
    return delay * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - nothing secret


def _parameters(plan: Plan, attempts: Sequence[Attempt]) -> dict[str, Any]:
    return {
        "workspace": plan.workspace.pk,
        "holder": attempts[0].recipient.holder,
        "ids": [each.recipient.pk for each in attempts],
        "attempts": [each.recipient.attempt for each in attempts],
        "states": [each.state.value for each in attempts],
        "errors": [each.outcome.error.replace("\x00", "")[:500] for each in attempts],
        "provider_ids": [each.outcome.provider_id[:200] for each in attempts],
        "sent_at": [each.at if each.state == Result.SENT else None for each in attempts],
        "seconds": [
            retry_in(each.recipient.attempt).total_seconds()
            if each.state == Result.DEFERRED
            else None
            for each in attempts
        ],
    }


def _message(plan: Plan, attempt: Attempt) -> SentMessage:
    recipient = attempt.recipient
    return SentMessage(
        external_id=message_of(plan.run.pk, recipient.pk),
        contact_id=recipient.contact_id,
        subject=attempt.subject,
        sent_at=attempt.at,
    )
