"""Blocking the address of a recipient."""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Recipient
from contacts.models import Channel, SuppressionReason
from contacts.services import suppress_digest
from workspaces.models import Workspace


def suppress_recipient(
    *,
    workspace: Workspace,
    recipient: Recipient,
    reason: SuppressionReason,
    now: datetime,
    source: str,
) -> None:
    """Nothing more is sent to the address; nothing to do where it was erased."""
    if recipient.address_hash is not None:
        suppress_digest(
            workspace=workspace,
            channel=Channel.EMAIL,
            digest=bytes(recipient.address_hash),
            reason=reason,
            now=now,
            source=source,
        )
