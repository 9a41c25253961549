"""What campaigns do when contacts are merged, erased or exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Q

from campaigns.models import ConfirmationRequest, DiscountCode, Recipient
from contacts.models import Contact
from contacts.registry import erasers, exporters, movers
from workspaces.models import Workspace

# What a contact that is two in one run is told as: the row that says more about what they got.
_RANKS = """
    CASE state WHEN 'sent' THEN 4 WHEN 'sending' THEN 4 WHEN 'unknown' THEN 4
               WHEN 'queued' THEN 3 WHEN 'deferred' THEN 3 WHEN 'failed' THEN 2 ELSE 1 END
"""

_MOVE_ALONE = """
    UPDATE campaigns_recipient AS row SET contact_id = %(winner)s
    WHERE workspace_id = %(workspace)s AND contact_id = %(loser)s AND NOT EXISTS (
        SELECT FROM campaigns_recipient AS other
        WHERE other.workspace_id = row.workspace_id AND other.run_id = row.run_id
          AND other.contact_id = %(winner)s
    )
"""

# Runs in which the loser's row ranks higher: the rows change hands.
_CHANGING_HANDS = f"""
    SELECT run_id FROM campaigns_recipient
    WHERE workspace_id = %(workspace)s AND contact_id IN (%(loser)s, %(winner)s)
    GROUP BY run_id
    HAVING max(CASE WHEN contact_id = %(loser)s THEN {_RANKS} END)
         > max(CASE WHEN contact_id = %(winner)s THEN {_RANKS} END)
"""  # noqa: S608 (all of it stands here)

# The number between is no contact's; references are checked when the transaction ends.
_HAND_OVER = """
    UPDATE campaigns_recipient SET contact_id = %(to)s
    WHERE workspace_id = %(workspace)s AND contact_id = %(from)s AND run_id = ANY (%(runs)s)
"""

_SKIP_SECOND = """
    UPDATE campaigns_recipient AS row
    SET state = 'skipped', reason = 'duplicate', holder = NULL, lease_until = NULL, next_at = NULL
    WHERE workspace_id = %(workspace)s AND contact_id = %(loser)s
      AND state IN ('queued', 'deferred') AND EXISTS (
        SELECT FROM campaigns_recipient AS other
        WHERE other.workspace_id = row.workspace_id AND other.run_id = row.run_id
          AND other.contact_id = %(winner)s
          AND other.state IN ('queued', 'deferred', 'sending', 'sent', 'unknown')
    )
"""

_MOVE_CODES = """
    UPDATE campaigns_discountcode AS row SET contact_id = %(winner)s
    WHERE workspace_id = %(workspace)s AND contact_id = %(loser)s AND NOT EXISTS (
        SELECT FROM campaigns_discountcode AS other
        WHERE other.workspace_id = row.workspace_id AND other.campaign_id = row.campaign_id
          AND other.contact_id = %(winner)s
    )
"""

# A hash that is no address's keeps one row an address and run.
_ERASE = """
    UPDATE campaigns_recipient
    SET address = '', error = '', provider_id = '',
        address_hash = CASE WHEN address_hash IS NOT NULL AND state <> 'skipped'
                                 AND state NOT IN ('queued', 'deferred')
                            THEN sha256(convert_to('erased:' || id, 'UTF8')) END,
        reason = CASE WHEN state IN ('queued', 'deferred') THEN 'gone' ELSE reason END,
        next_at = CASE WHEN state IN ('queued', 'deferred') THEN NULL ELSE next_at END,
        state = CASE WHEN state IN ('queued', 'deferred') THEN 'skipped' ELSE state END
    WHERE workspace_id = %(workspace)s AND contact_id = %(contact)s
"""


@movers.register
def move_recipients(*, workspace: Workspace, loser_id: int, winner_id: int) -> None:
    """What either was sent, both were: nothing waiting goes to a person who has had the message.

    Where both are in one run, the row that says more becomes the winner's; the other stays with
    the loser, so that the run's numbers still add up. So do second codes of one campaign.
    """
    parameters: dict[str, Any] = {
        "workspace": workspace.pk,
        "loser": loser_id,
        "winner": winner_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ALONE, parameters)
        cursor.execute(_CHANGING_HANDS, parameters)
        runs = [run_id for (run_id,) in cursor.fetchall()]
        steps = ((winner_id, -winner_id), (loser_id, winner_id), (-winner_id, loser_id))
        for before, after in steps if runs else ():
            cursor.execute(
                _HAND_OVER,
                {"workspace": workspace.pk, "from": before, "to": after, "runs": runs},
            )
        cursor.execute(_SKIP_SECOND, parameters)
        cursor.execute(_MOVE_CODES, parameters)
    requests = ConfirmationRequest.objects.in_workspace(workspace).filter(contact_id=loser_id)
    requests.update(contact_id=winner_id)


@erasers.register
def erase_recipients(*, workspace: Workspace, contact_id: int) -> None:
    """Addresses go, and so does whatever still waits to be sent; numbers of runs and pools stay."""
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, {"workspace": workspace.pk, "contact": contact_id})
    DiscountCode.objects.in_workspace(workspace).filter(contact_id=contact_id).update(contact=None)
    ConfirmationRequest.objects.in_workspace(workspace).filter(contact_id=contact_id).delete()


@exporters.register
def export_recipients(*, workspace: Workspace, contact_id: int) -> Mapping[str, Any]:
    """Every send the contact was in, or was left out of, and the discount codes they got."""
    merged = Contact.objects.in_workspace(workspace).filter(merged_into_id=contact_id)
    own = Q(contact_id=contact_id) | Q(contact_id__in=merged.values("pk"))
    recipients = Recipient.objects.in_workspace(workspace).filter(own).select_related("run")
    codes = DiscountCode.objects.in_workspace(workspace).filter(own).select_related("campaign")
    requests = ConfirmationRequest.objects.in_workspace(workspace).filter(own)
    return {
        "campaign_recipients": [
            {
                "campaign": row.run.campaign.name,
                "scheduled_for": row.run.scheduled_for,
                "address": row.address,
                "state": row.state,
                "reason": row.reason,
                "sent_at": row.sent_at,
            }
            for row in recipients.select_related("run__campaign").order_by("run_id", "id")
        ],
        "discount_codes": [
            {
                "code": code.code,
                "campaign": code.campaign.name if code.campaign else "",
                "given_at": code.given_at,
                "redeemed_at": code.redeemed_at,
            }
            for code in codes.order_by("given_at", "id")
        ],
        "confirmation_requests": [
            {
                "topic": asked.topic,
                "address": asked.address,
                "source": asked.source,
                "ip": asked.ip_address,
                "wording": asked.wording,
                "asked_at": asked.asked_at,
                "sent_at": asked.sent_at,
                "confirmed_at": asked.confirmed_at,
            }
            for asked in requests.order_by("pk")
        ],
    }
