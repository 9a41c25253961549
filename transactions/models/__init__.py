"""What the shop sells, what contacts bought, and what that comes to."""

from __future__ import annotations

from transactions.models.catalog import (
    Brand,
    NamedModel,
    Product,
    ProductAccessory,
    ProductCategory,
    ProductVariant,
    Rate,
)
from transactions.models.refunds import (
    Refund,
    RefundLine,
)
from transactions.models.sales import (
    BEGINNING,
    COUNTED_STATUSES,
    UNKNOWN_CHANNEL,
    VERSION_COLUMNS,
    LineItem,
    LineProperty,
    Transaction,
    TransactionKind,
    TransactionStatus,
    VersionedQuerySet,
)
from transactions.models.statistics import (
    NEVER_SETTLED,
    SOURCE_CHANNELS,
    ContactStatistics,
    source_bit,
)

__all__ = [
    "BEGINNING",
    "COUNTED_STATUSES",
    "NEVER_SETTLED",
    "SOURCE_CHANNELS",
    "UNKNOWN_CHANNEL",
    "VERSION_COLUMNS",
    "Brand",
    "ContactStatistics",
    "LineItem",
    "LineProperty",
    "NamedModel",
    "Product",
    "ProductAccessory",
    "ProductCategory",
    "ProductVariant",
    "Rate",
    "Refund",
    "RefundLine",
    "Transaction",
    "TransactionKind",
    "TransactionStatus",
    "VersionedQuerySet",
    "source_bit",
]
