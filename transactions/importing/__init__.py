"""What of the shop can be imported from files."""

from __future__ import annotations

from contacts.importing import register_kind
from transactions.importing.products import PRODUCTS
from transactions.importing.transactions import TRANSACTIONS

__all__ = ["register_kinds"]


def register_kinds() -> None:
    """Called once when the app is ready."""
    register_kind(PRODUCTS)
    register_kind(TRANSACTIONS)
