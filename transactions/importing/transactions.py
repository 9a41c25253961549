"""Importing transactions: a row is a transaction with its total, or one of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.importing import (
    BuildContext,
    ColumnFacts,
    Field,
    ImportKind,
    Item,
    Mapped,
    Row,
    RowRefusedError,
)
from contacts.text import normalise
from tracking.models import TrafficChannel
from transactions.importing.fields import TRANSACTION_FIELDS
from transactions.models import TransactionKind, TransactionStatus
from transactions.services import record_transactions
from workspaces.batches import ItemResult
from workspaces.models import Workspace

_LINE_DETAILS = ("product", "variant", "name", "brand", "category")
_LINE_PARTS = (*_LINE_DETAILS, "quantity", "amount", "unit_price", "cost")

_STATUS_WORDS: dict[TransactionStatus, str] = {
    TransactionStatus.PENDING: "pending|unpaid|authorized|on-hold|on hold|awaiting payment|new|"
    "oczekujące|oczekuje|nieopłacone|nowe|pendente|aguardando pagamento|novo",
    TransactionStatus.PAID: "paid|processing|opłacone|zapłacone|w realizacji|pago|aprovado|"
    "processando|em processamento",
    TransactionStatus.FULFILLED: "fulfilled|completed|complete|shipped|delivered|closed|done|"
    "zrealizowane|wysłane|dostarczone|zakończone|concluído|enviado|entregue|finalizado",
    TransactionStatus.CANCELLED: "cancelled|canceled|voided|void|failed|expired|anulowane|"
    "odrzucone|cancelado|recusado",
    TransactionStatus.REFUNDED: "refunded|returned|zwrócone|zwrot|reembolsado|devolvido|estornado",
    TransactionStatus.TEST: "test|testowe|teste",
}
_STATUSES = {
    normalise(word): status for status, words in _STATUS_WORDS.items() for word in words.split("|")
}
_KIND_WORDS: dict[TransactionKind, str] = {
    TransactionKind.PURCHASE: "purchase|order|sale|zakup|zamówienie|sprzedaż|compra|pedido|venda",
    TransactionKind.CART: "cart|basket|abandoned cart|abandoned|koszyk|porzucony koszyk|carrinho|"
    "carrinho abandonado",
}
_KINDS = {normalise(word): kind for kind, words in _KIND_WORDS.items() for word in words.split("|")}


def transaction_fields(workspace: Workspace) -> Sequence[Field]:
    return TRANSACTION_FIELDS


def refine_transactions(mapping: Mapped, columns: Sequence[ColumnFacts], repeats: bool) -> Mapped:
    """Tell a row a line from a row a transaction, and an e-mail from an id of the customer.

    A column named plainly "amount" is the line's where rows name products or share a transaction,
    the transaction's otherwise; then a number of items has no line to stand in.
    """
    mapping = _without_foreign_channels(_tell_customers_apart(mapping, columns), columns)
    mapped = set(mapping.values())
    has_lines = repeats or any(f"lines.{part}" in mapped for part in _LINE_DETAILS)
    if has_lines:
        if not mapped & {"lines.amount", "lines.unit_price"}:
            mapping = {at: "lines.amount" if key == "total" else key for at, key in mapping.items()}
        return mapping
    if "total" not in mapped and "lines.amount" in mapped:
        mapping = {at: "total" if key == "lines.amount" else key for at, key in mapping.items()}
    if "total" not in mapping.values():
        return mapping
    return {at: key for at, key in mapping.items() if not key.startswith("lines.")}


def _tell_customers_apart(mapping: Mapped, columns: Sequence[ColumnFacts]) -> Mapped:
    refined: Mapped = {}
    for at, key in mapping.items():
        if key == "contact.external_id" and "contact.email" not in mapping.values():
            cells = [cell for cell in columns[at].samples if cell.strip()]
            if cells and all("@" in cell for cell in cells):
                key = "contact.email"
        refined[at] = key
    return refined


def _without_foreign_channels(mapping: Mapped, columns: Sequence[ColumnFacts]) -> Mapped:
    """A column "source" counts only if it names our channels; other words mean other things."""
    return {
        at: key
        for at, key in mapping.items()
        if key != "source.channel"
        or all(
            _channel(cell) in TrafficChannel.values for cell in columns[at].samples if cell.strip()
        )
    }


def build_transaction(rows: Sequence[Row], context: BuildContext) -> Item:
    """An item of `transactions/batch` from the rows of one transaction."""
    whole = _agreed(rows)
    if not whole.get("external_id"):
        raise RowRefusedError(_("The row has no id of the transaction."))
    if "occurred_at" not in whole:
        raise RowRefusedError(_("The row has no date."))
    item: Item = {
        "external_id": whole["external_id"],
        "contact": _part(whole, "contact."),
        "occurred_at": whole["occurred_at"],
        "kind": _word(_KINDS, whole.get("kind", TransactionKind.PURCHASE.value)),
        "status": _word(_STATUSES, whole.get("status", TransactionStatus.PAID.value)),
        "currency": str(whole.get("currency", context.currency)).upper(),
    }
    for key in ("updated_at", "coupon", "sales_channel", "shipping"):
        if key in whole:
            item[key] = whole[key]
    if source := _source(whole):
        item["source"] = source
    lines = [line for row in rows if (line := _line(row))]
    if lines:
        item["lines"] = _with_amounts(lines, whole)
    elif "total" in whole:
        item["total"] = whole["total"]
    elif item["kind"] == TransactionKind.PURCHASE:
        raise RowRefusedError(_("The row has no amount."))
    if not item["contact"]:
        raise RowRefusedError(_("The row doesn't say who bought: neither an id nor an e-mail."))
    return item


def _agreed(rows: Sequence[Row]) -> dict[str, Any]:
    """What all rows of a transaction say of it; they may leave out what another row says."""
    whole: dict[str, Any] = {}
    for row in rows:
        for key, value in row.items():
            if key.startswith("lines."):
                continue
            if whole.setdefault(key, value) != value:
                label = next(field.label for field in TRANSACTION_FIELDS if field.key == key)
                raise RowRefusedError(
                    _("Rows of transaction %(id)s disagree about “%(field)s”.")
                    % {"id": rows[0].get("external_id", ""), "field": label}
                )
    return whole


def _part(row: Row, prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): row[key] for key in row if key.startswith(prefix)}


def _word(words: dict[str, Any], text: str) -> str:
    found = words.get(normalise(text))
    if found is None:
        known = ", ".join(dict.fromkeys(str(value) for value in words.values()))
        raise RowRefusedError(
            _("“%(value)s” is unknown; use one of: %(known)s.")
            % {"value": text[:60], "known": known}
        )
    return str(found.value)


def _source(whole: dict[str, Any]) -> dict[str, Any]:
    """What the file says of the traffic source."""
    source = {
        key.removeprefix("source."): value
        for key, value in whole.items()
        if key.startswith("source.") and not key.startswith("source.utm.")
    }
    if utm := _part(whole, "source.utm."):
        source["utm"] = utm
    if "channel" in source:
        source["channel"] = _channel(source["channel"])
    return source


def _channel(text: str) -> str:
    return normalise(text).replace(" ", "_").replace("-", "_")


def _line(row: Row) -> dict[str, Any]:
    return {part: row[f"lines.{part}"] for part in _LINE_PARTS if f"lines.{part}" in row}


def _with_amounts(lines: list[dict[str, Any]], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Quantity is one where nothing is said; the amount follows from the price, or the total."""
    for line in lines:
        line.setdefault("quantity", 1)
        if "amount" not in line and "unit_price" in line:
            amount = Decimal(line["unit_price"]) * Decimal(str(line["quantity"]))
            line["amount"] = f"{amount.normalize():f}"
        elif "amount" not in line and len(lines) == 1 and "total" in whole:
            line["amount"] = whole["total"]
        elif "amount" not in line:
            raise RowRefusedError(_("A line has neither an amount nor a price."))
    return lines


def save_transactions(
    *, workspace: Workspace, items: Sequence[Item], now: datetime, define: bool
) -> Sequence[ItemResult]:
    return record_transactions(workspace=workspace, items=items, now=now, source="import")


TRANSACTIONS = ImportKind(
    key="transactions",
    label=gettext_lazy("Transactions"),
    description=gettext_lazy("One row a transaction with its total, or one row a line item."),
    fields=transaction_fields,
    required=(
        ("external_id",),
        ("contact.external_id", "contact.email"),
        ("occurred_at",),
        ("total", "lines.amount", "lines.unit_price"),
    ),
    key_fields=("external_id",),
    build=build_transaction,
    save=save_transactions,
    is_grouped=True,
    refine=refine_transactions,
)
