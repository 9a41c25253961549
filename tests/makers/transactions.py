from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from tests.makers.tracking import Whose, reference
from tests.makers.workspaces import NOW
from transactions.models import Product, Refund, Transaction
from transactions.services import (
    record_products,
    record_rates,
    record_refunds,
    record_transactions,
)
from workspaces.batches import ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_numbers = count(1)


def products(
    workspace: Workspace, *items: dict[str, Any], now: datetime = NOW, **options: Any
) -> list[ItemResult]:
    return record_products(workspace=workspace, items=items, now=now, **{"source": "api"} | options)


def make_product(
    workspace: Workspace, external_id: str = "", *, now: datetime = NOW, **item: Any
) -> Product:
    external_id = external_id or f"product-{next(_numbers)}"
    item = {"external_id": external_id, "name": external_id.capitalize()} | item
    results = products(workspace, item, now=now)
    return _row(workspace, Product, results)


def transaction_item(contact: Whose, at: datetime, total: str = "", **item: Any) -> dict[str, Any]:
    """A purchase; give a total, or `lines`."""
    base = {
        "external_id": f"transaction-{next(_numbers)}",
        "contact": reference(contact),
        "occurred_at": at.isoformat(),
        "kind": "purchase",
        "status": "paid",
    }
    return base | ({"total": total} if total else {}) | item


def line_item(amount: str, **line: Any) -> dict[str, Any]:
    """A line of one piece, unless said otherwise."""
    return {"quantity": 1, "amount": amount} | line


def transactions(
    workspace: Workspace, *items: dict[str, Any], now: datetime = NOW, **options: Any
) -> list[ItemResult]:
    return record_transactions(
        workspace=workspace, items=items, now=now, **{"source": "api"} | options
    )


def make_transaction(
    workspace: Workspace,
    contact: Whose,
    at: datetime,
    total: str = "",
    *,
    now: datetime = NOW,
    **item: Any,
) -> Transaction:
    """The first version of the purchase."""
    results = transactions(workspace, transaction_item(contact, at, total, **item), now=now)
    return _row(workspace, Transaction, results)


def refund_item(
    transaction: Transaction | str, at: datetime, amount: str = "", **item: Any
) -> dict[str, Any]:
    named = transaction if isinstance(transaction, str) else transaction.external_id
    base = {
        "external_id": f"refund-{next(_numbers)}",
        "transaction": named,
        "occurred_at": at.isoformat(),
    }
    return base | ({"amount": amount} if amount else {}) | item


def refunds(
    workspace: Workspace, *items: dict[str, Any], now: datetime = NOW, **options: Any
) -> list[ItemResult]:
    return record_refunds(workspace=workspace, items=items, now=now, **{"source": "api"} | options)


def make_refund(
    workspace: Workspace,
    transaction: Transaction | str,
    at: datetime,
    amount: str = "",
    *,
    now: datetime = NOW,
    **item: Any,
) -> Refund:
    results = refunds(workspace, refund_item(transaction, at, amount, **item), now=now)
    return _row(workspace, Refund, results)


def make_rate(
    workspace: Workspace, currency: str, date: str, rate: str, *, now: datetime = NOW
) -> None:
    """What one unit of the currency is worth in the base currency from the date on."""
    item = {"currency": currency, "date": date, "rate": rate}
    [result] = record_rates(workspace=workspace, items=[item], now=now, source="api")
    assert not result.is_error, result.errors


def version_at(workspace: Workspace, external_id: str, as_of: datetime) -> Transaction:
    """The one version that held at the instant."""
    with workspace_scope(workspace):
        return (
            Transaction.objects.in_workspace(workspace)
            .as_it_stood(as_of)
            .get(external_id=external_id)
        )


def versions(workspace: Workspace, external_id: str) -> list[Transaction]:
    """All versions, oldest first."""
    with workspace_scope(workspace):
        rows = Transaction.objects.in_workspace(workspace).filter(external_id=external_id)
        return list(rows.order_by("version_from"))


def _row(workspace: Workspace, model: Any, results: Sequence[ItemResult]) -> Any:
    [result] = results
    assert not result.is_error, result.errors
    with workspace_scope(workspace):
        return model.objects.in_workspace(workspace).get(pk=result.id)
