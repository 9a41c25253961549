"""What campaigns do on news from below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from campaigns.demo import add_campaigns
from campaigns.services.redeeming import redeem_codes
from segments.signals import demo_shop_loaded
from transactions.signals import transactions_stored
from workspaces.models import User, Workspace


@receiver(transactions_stored, dispatch_uid="campaigns.redeem_codes")
def redeem_stored_coupons(
    *, workspace: Workspace, transaction_ids: Sequence[int], **_: Any
) -> None:
    """A purchase may name a discount code as its coupon, or no longer do so."""
    redeem_codes(workspace=workspace, transaction_ids=transaction_ids)


@receiver(demo_shop_loaded, dispatch_uid="campaigns.demo")
def add_demo_campaigns(*, workspace: Workspace, owner: User, now: datetime, **_: Any) -> None:
    """The demo shop has sent e-mails, too."""
    add_campaigns(workspace=workspace, owner=owner, now=now)
