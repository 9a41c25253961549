"""Campaigns, their runs and recipients, and what they are sent with."""

from __future__ import annotations

from campaigns.models.campaigns import (
    Campaign,
    CampaignReference,
    CampaignState,
    ConsentRule,
    SavedBlock,
)
from campaigns.models.codes import CodePool, DiscountCode
from campaigns.models.confirmations import ConfirmationRequest
from campaigns.models.runs import (
    OPEN_STATES,
    Recipient,
    RecipientState,
    Run,
    RunKind,
    RunState,
    SkipReason,
    TrackedLink,
)
from campaigns.models.settings import (
    RecordStatus,
    RevenueRule,
    SenderDomain,
    SendingAccount,
    SendingSettings,
    Topic,
    Transport,
)

__all__ = [
    "OPEN_STATES",
    "Campaign",
    "CampaignReference",
    "CampaignState",
    "CodePool",
    "ConfirmationRequest",
    "ConsentRule",
    "DiscountCode",
    "Recipient",
    "RecipientState",
    "RecordStatus",
    "RevenueRule",
    "Run",
    "RunKind",
    "RunState",
    "SavedBlock",
    "SenderDomain",
    "SendingAccount",
    "SendingSettings",
    "SkipReason",
    "Topic",
    "TrackedLink",
    "Transport",
]
