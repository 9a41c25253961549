"""Every criterion there is. A module is registered by being imported here; a test checks it."""

from __future__ import annotations

from segments.criteria import (
    activities,
    amount_spent,
    attributes,
    choices,
    contact,
    dates,
    first_and_last,
    lookups,
    order_statistics,
    statistics,
    tags,
    transactions,
    visits,
)

__all__ = [
    "activities",
    "amount_spent",
    "attributes",
    "choices",
    "contact",
    "dates",
    "first_and_last",
    "lookups",
    "order_statistics",
    "statistics",
    "tags",
    "transactions",
    "visits",
]
