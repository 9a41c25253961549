"""Everything that changes products, transactions, refunds and rates."""

from __future__ import annotations

from transactions.services.accessories import change_accessories
from transactions.services.products import record_products
from transactions.services.rates import record_rates
from transactions.services.recording import record_transactions
from transactions.services.refunds import record_refunds
from transactions.services.sourcing import attribute_to_visits
from transactions.services.statistics import (
    Difference,
    differing_statistics,
    rebuild_statistics,
    refresh_statistics,
)
from transactions.services.timelines import rebuild_versions

__all__ = [
    "Difference",
    "attribute_to_visits",
    "change_accessories",
    "differing_statistics",
    "rebuild_statistics",
    "rebuild_versions",
    "record_products",
    "record_rates",
    "record_refunds",
    "record_transactions",
    "refresh_statistics",
]
