"""Which recipients a sender may write to next: claimed in PostgreSQL before anything is attempted.

A claim is committed before the attempt and held by a lease, by the database's time. Whether the
contact still wants the message is asked in the claiming statement itself, so that what was
committed before is obeyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from campaigns.delivery.limits import allowance, count_sent, is_limited
from campaigns.delivery.plan import Plan
from campaigns.gates import REFUSING
from campaigns.models import Recipient, RecipientState
from workspaces.tenancy import workspace_scope

# The gates of the audience (campaigns/gates.py), as they stand now: erased, blocked, no consent.
_REFUSED = """
CASE
  WHEN NOT EXISTS (
    SELECT FROM contacts_contact c WHERE c.workspace_id = r.workspace_id AND c.id = r.contact_id
    AND c.erased_at IS NULL
  ) THEN 'gone'
  WHEN EXISTS (
    SELECT FROM contacts_suppression s WHERE s.workspace_id = r.workspace_id
    AND s.channel = 'email' AND s.address_hash = r.address_hash AND s.valid_to IS NULL
  ) THEN 'suppressed'
  WHEN EXISTS (
    SELECT FROM contacts_consent c WHERE c.workspace_id = r.workspace_id
    AND c.contact_id = r.contact_id AND c.channel = 'email' AND c.topic IN ('', %(topic)s)
    AND c.valid_to IS NULL AND c.status = ANY(%(refusing)s)
  ) THEN 'no_consent'
  WHEN %(needs_grant)s AND NOT EXISTS (
    SELECT FROM contacts_consent c WHERE c.workspace_id = r.workspace_id
    AND c.contact_id = r.contact_id AND c.channel = 'email' AND c.topic IN ('', %(topic)s)
    AND c.valid_to IS NULL AND c.status = 'granted'
  ) THEN 'no_consent'
END AS refused
"""
_RETURNED = "r.id, r.contact_id, r.address, r.variant, r.blocks, r.code_id, r.attempt, r.state"

_CLAIM = f"""
WITH next AS MATERIALIZED (
  SELECT id FROM campaigns_recipient
  WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND state = 'queued'
    AND EXISTS (
      SELECT FROM campaigns_run WHERE workspace_id = %(workspace)s AND id = %(run)s
      AND state = 'sending'
    )
  ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED
), judged AS MATERIALIZED (
  SELECT r.id, {_REFUSED}
  FROM campaigns_recipient r
  WHERE r.workspace_id = %(workspace)s AND r.id IN (SELECT id FROM next)
)
UPDATE campaigns_recipient r SET
  state = CASE WHEN refused IS NULL THEN 'sending' ELSE 'skipped' END,
  reason = coalesce(refused, ''),
  attempt = attempt + 1,
  holder = %(holder)s,
  handed_over = %(handed_over)s AND refused IS NULL,
  lease_until = CASE WHEN refused IS NULL THEN now() + %(lease)s END
FROM judged
WHERE r.workspace_id = %(workspace)s AND r.id = judged.id
RETURNING {_RETURNED}
"""  # noqa: S608 - constants of this module only

# A batch that was handed over and never answered, to be repeated as it was.
_CLAIM_AGAIN = f"""
UPDATE campaigns_recipient r SET attempt = attempt + 1, lease_until = now() + %(lease)s
WHERE r.workspace_id = %(workspace)s AND r.run_id = %(run)s AND r.state = 'sending'
  AND r.lease_until < now() AND r.handed_over
  AND r.holder = (
    SELECT holder FROM campaigns_recipient
    WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND state = 'sending'
      AND lease_until < now() AND handed_over
      AND EXISTS (
        SELECT FROM campaigns_run WHERE workspace_id = %(workspace)s AND id = %(run)s
        AND state = 'sending'
      )
    ORDER BY lease_until LIMIT 1
  )
RETURNING {_RETURNED}, r.holder
"""  # noqa: S608 - constants of this module only

_HAND_OVER = f"""
WITH judged AS MATERIALIZED (
  SELECT r.id, {_REFUSED}
  FROM campaigns_recipient r
  WHERE r.workspace_id = %(workspace)s AND r.id = %(recipient)s AND r.state = 'sending'
    AND r.holder = %(holder)s AND r.attempt = %(attempt)s
    AND EXISTS (
      SELECT FROM campaigns_run WHERE workspace_id = %(workspace)s AND id = %(run)s
      AND state = 'sending'
    )
  FOR UPDATE OF r
)
UPDATE campaigns_recipient r SET
  state = CASE WHEN refused IS NULL THEN 'sending' ELSE 'skipped' END,
  reason = coalesce(refused, ''),
  handed_over = refused IS NULL,
  provider_id = %(message_id)s,
  lease_until = CASE WHEN refused IS NULL THEN now() + %(lease)s END
FROM judged WHERE r.workspace_id = %(workspace)s AND r.id = judged.id
RETURNING r.state
"""  # noqa: S608 - constants of this module only

_REFUSED_AMONG = f"""
SELECT id FROM (
  SELECT r.id, {_REFUSED}
  FROM campaigns_recipient r
  WHERE r.workspace_id = %(workspace)s AND r.id = ANY(%(recipients)s)
) judged WHERE refused IS NOT NULL
"""  # noqa: S608 - constants of this module only

# Of a cancelled run nothing waits any more.
_RELEASE = """
UPDATE campaigns_recipient r SET
  state = CASE WHEN run.state = 'cancelled' THEN 'skipped' ELSE 'queued' END,
  reason = CASE WHEN run.state = 'cancelled' THEN 'cancelled' ELSE '' END,
  attempt = greatest(r.attempt - 1, 0), holder = NULL, lease_until = NULL, handed_over = false
FROM campaigns_run run
WHERE r.workspace_id = %(workspace)s AND r.id = ANY(%(recipients)s) AND r.state = 'sending'
  AND r.holder = %(holder)s AND run.workspace_id = r.workspace_id AND run.id = r.run_id
"""


@dataclass(frozen=True)
class Batch:
    """Recipients one sender holds. `number_skipped` of those taken didn't want it any more."""

    holder: UUID
    recipients: Sequence[Recipient] = ()
    is_repeat: bool = False
    number_skipped: int = 0
    again_in: timedelta = timedelta(0)  # an account at its limit


class HandOver(Enum):
    """What became of a recipient who was about to be written to."""

    OURS = "ours"
    REFUSED = "refused"  # doesn't want it any more, or isn't there; skipped
    STOPPED = "stopped"  # the run is not being sent, or the recipient isn't ours any more


def lease() -> timedelta:
    """How long a sender may be silent about a recipient."""
    return timedelta(seconds=settings.SENDING_LEASE_SECONDS)


def claim_batch(*, plan: Plan, most: int, is_idempotent: bool) -> Batch:
    """Take recipients of a run; none if there are none, or the account is at its limit.

    Of a transport that recognises repeats a batch counts as handed over from the start, and one
    whose sender died is taken again as it was. Others are handed over one by one.
    """
    with workspace_scope(plan.workspace):
        if is_idempotent and (again := _claim_again(plan)) is not None:
            return again
        allowed = allowance(plan.account, most=most) if is_limited(plan.account) else None
        if allowed is not None and not allowed.number:
            return Batch(uuid4(), again_in=allowed.again_in)
        batch = _claim(plan, most if allowed is None else allowed.number, is_idempotent)
        count_sent(plan.account, len(batch.recipients))
        return batch


def _claim(plan: Plan, most: int, is_idempotent: bool) -> Batch:
    holder = uuid4()
    given = {"most": most, "holder": holder, "handed_over": is_idempotent}
    rows = _run(_CLAIM, plan, **given)
    taken = sorted(row for row in rows if row[-1] == RecipientState.SENDING)
    return Batch(
        holder,
        [_recipient(plan, row, holder) for row in taken],
        number_skipped=len(rows) - len(taken),
    )


def _claim_again(plan: Plan) -> Batch | None:
    rows = _run(_CLAIM_AGAIN, plan)
    if not rows:
        return None
    holder = rows[0][-1]
    return Batch(holder, [_recipient(plan, row, holder) for row in sorted(rows)], is_repeat=True)


def hand_over(*, plan: Plan, recipient: Recipient, message_id: str) -> HandOver:
    """Say, before it is, that the message of a claimed recipient goes to the server now.

    Asks once more whether it is wanted. Inside the workspace's scope, the one that records the
    message before; commit before the attempt.
    """
    rows = _run(
        _HAND_OVER,
        plan,
        recipient=recipient.pk,
        holder=recipient.holder,
        attempt=recipient.attempt,
        message_id=message_id,
    )
    if not rows:
        return HandOver.STOPPED
    return HandOver.OURS if rows[0][0] == RecipientState.SENDING else HandOver.REFUSED


def release(*, plan: Plan, holder: UUID, recipient_ids: Sequence[int]) -> None:
    """Give back claimed recipients to whom nothing was sent."""
    if not recipient_ids:
        return
    with workspace_scope(plan.workspace), connection.cursor() as cursor:
        cursor.execute(
            _RELEASE,
            {
                "workspace": plan.workspace.pk,
                "recipients": list(recipient_ids),
                "holder": holder,
            },
        )


def refused_among(*, plan: Plan, recipient_ids: Sequence[int]) -> set[int]:
    """Of these recipients, who may not be written to as things stand now."""
    with workspace_scope(plan.workspace):
        return {row[0] for row in _run(_REFUSED_AMONG, plan, recipients=list(recipient_ids))}


def _run(statement: str, plan: Plan, **parameters: Any) -> list[tuple[Any, ...]]:
    given = {
        "workspace": plan.workspace.pk,
        "run": plan.run.pk,
        "topic": plan.topic,
        "needs_grant": plan.needs_grant,
        "refusing": list(REFUSING),
        "lease": lease(),
        **parameters,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _recipient(plan: Plan, row: Sequence[Any], holder: UUID) -> Recipient:
    """As far as sending needs it: not all columns are read."""
    return Recipient(
        workspace_id=plan.workspace.pk,
        run_id=plan.run.pk,
        pk=row[0],
        contact_id=row[1],
        address=row[2],
        variant=row[3],
        blocks=row[4],
        code_id=row[5],
        attempt=row[6],
        state=row[7],
        holder=holder,
    )
