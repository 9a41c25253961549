"""What transactions do when contacts are merged, erased or exported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contacts.models import ChangeKind, Contact
from contacts.services import touch_contacts
from transactions.models import LineItem, LineProperty, Refund, Transaction
from transactions.serializers import transaction_documents
from transactions.services.sourcing import attribute_contacts
from transactions.services.statistics import refresh_statistics
from workspaces.models import Workspace

CARD_SIZE = 10


def move_transactions(*, workspace: Workspace, loser_id: int, winner_id: int) -> None:
    """All versions, lines and refunds become the winner's, attributed to the visits of both."""
    for model in (Transaction, LineItem, Refund):
        model._default_manager.filter(workspace_id=workspace.pk, contact_id=loser_id).update(
            contact_id=winner_id
        )
    attribute_contacts(workspace=workspace, contact_ids=[winner_id])
    both = [loser_id, winner_id]
    touch_contacts(workspace=workspace, contact_ids=both, kind=ChangeKind.TRANSACTION)
    refresh_statistics(workspace=workspace, contact_ids=both)


def erase_transactions(*, workspace: Workspace, contact_id: int) -> None:
    """Sums stay, without a person: what was bought for how much, under the empty contact."""
    rows = Transaction.objects.in_workspace(workspace).filter(contact_id=contact_id)
    lines = LineItem.objects.in_workspace(workspace).filter(contact_id=contact_id)
    LineProperty.objects.in_workspace(workspace).filter(
        line_item_id__in=lines.values("pk")
    ).delete()
    lines.update(coupon="", name="")
    rows.update(visit_id=None, coupon="", utm_source="", utm_medium="", utm_campaign="")
    refresh_statistics(workspace=workspace, contact_ids=[contact_id])


def export_transactions(*, workspace: Workspace, contact_id: int) -> Mapping[str, Any]:
    """Every transaction as it stands now, and every refund."""
    rows = Transaction.objects.in_workspace(workspace).current().filter(contact_id=contact_id)
    refunds = Refund.objects.in_workspace(workspace).filter(contact_id=contact_id)
    return {
        "transactions": transaction_documents(workspace, list(rows.order_by("occurred_at"))),
        "refunds": [
            {
                "external_id": refund.external_id,
                "transaction": refund.transaction.external_id,
                "occurred_at": refund.occurred_at,
                "original_amount_minor_units": refund.original_amount,
            }
            for refund in refunds.select_related("transaction").order_by("occurred_at")
        ],
    }


def card_transactions(
    *, workspace: Workspace, contact: Contact, as_of: datetime
) -> Mapping[str, Any]:
    """The newest transactions as they stood, for the contact over REST."""
    rows = (
        Transaction.objects.in_workspace(workspace)
        .as_it_stood(as_of)
        .filter(contact=contact, occurred_at__lt=as_of)
        .order_by("-occurred_at", "-pk")[:CARD_SIZE]
    )
    return {"transactions": transaction_documents(workspace, list(rows))}
