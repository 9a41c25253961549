"""Every criterion there is. A module is registered by being imported here; a test checks it."""

from __future__ import annotations

from segments.criteria import (
    activities,
    amount_spent,
    attributes,
    choices,
    consent,
    contact,
    dates,
    engagement,
    first_and_last,
    lifecycle,
    lookups,
    membership,
    order_statistics,
    statistics,
    tags,
    transaction_source,
    transactions,
    visits,
)

__all__ = [
    "activities",
    "amount_spent",
    "attributes",
    "choices",
    "consent",
    "contact",
    "dates",
    "engagement",
    "first_and_last",
    "lifecycle",
    "lookups",
    "membership",
    "order_statistics",
    "statistics",
    "tags",
    "transaction_source",
    "transactions",
    "visits",
]
