"""What campaigns do on news from below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from campaigns.services.redeeming import redeem_codes
from transactions.signals import transactions_stored
from workspaces.models import Workspace


@receiver(transactions_stored, dispatch_uid="campaigns.redeem_codes")
def redeem_stored_coupons(
    *, workspace: Workspace, transaction_ids: Sequence[int], **_: Any
) -> None:
    """A purchase may name a discount code as its coupon, or no longer do so."""
    redeem_codes(workspace=workspace, transaction_ids=transaction_ids)
