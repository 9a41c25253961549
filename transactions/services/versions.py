"""Versions as rows: amounts in the base currency, source attributed, lines repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from transactions.models import LineItem, LineProperty, Transaction
from transactions.services.sourcing import AttributedSource, source_columns
from transactions.timeline import StatedLine, VersionOf, to_base
from workspaces.models import Workspace


def version_row(
    workspace: Workspace,
    external_id: str,
    root_id: int,
    version: VersionOf,
    sources: Mapping[tuple[int, datetime], AttributedSource],
) -> Transaction:
    """The transaction's row; the first version has the id of the transaction itself."""
    said = version.statement
    amounts = _amounts(workspace, version)
    return Transaction(
        pk=root_id if version.is_first else None,
        workspace_id=workspace.pk,
        external_id=external_id,
        root_id=root_id,
        contact_id=said.contact_id,
        occurred_at=said.occurred_at,
        received_at=said.received_at,
        is_clamped=said.is_clamped,
        stated_at=said.stated_at,
        version_from=version.version_from,
        superseded_at=version.superseded_at,
        kind=said.kind,
        status=version.status,
        stated_status=said.status,
        converted_to=said.converted_to,
        currency=said.currency,
        rate=said.rate,
        original_goods_amount=said.goods,
        original_shipping_amount=said.shipping,
        coupon=said.coupon,
        sales_channel=said.sales_channel,
        content_hash=said.digest,
        **amounts,
        **source_columns(said, sources.get((said.contact_id, said.occurred_at))),
    )


def _amounts(workspace: Workspace, version: VersionOf) -> dict[str, int | None]:
    """Sums of lines are sums of their converted amounts, so that parts add up to the whole."""
    said, given, base = version.statement, version.given, workspace.base_currency
    shipping = to_base(said.shipping, said, base)
    shipping_left = to_base(said.shipping - given.shipping, said, base)
    if said.lines:
        goods = sum(to_base(line.amount, said, base) for line in said.lines)
        goods_left = sum(_left(line, version, base) for line in said.lines)
    else:
        goods = to_base(said.goods, said, base)
        goods_left = to_base(said.goods - given.goods, said, base)
    costs = [_cost_left(line, version, base) for line in said.lines]
    known = [cost for cost in costs if cost is not None]
    return {
        "goods_amount": goods_left,
        "shipping_amount": shipping_left,
        "total_amount": goods_left + shipping_left,
        "refunded_amount": goods - goods_left,
        "refunded_shipping_amount": shipping - shipping_left,
        "cost_amount": sum(known) if costs and len(known) == len(costs) else None,
    }


def line_rows(
    workspace: Workspace, transaction: Transaction, version: VersionOf
) -> Iterator[tuple[LineItem, StatedLine]]:
    """The lines of a version, less what was refunded of each."""
    said, base = version.statement, workspace.base_currency
    for line in said.lines:
        amount = _left(line, version, base)
        returned = version.given.quantities[line.number]
        row = LineItem(
            workspace_id=workspace.pk,
            transaction_id=transaction.pk,
            root_id=transaction.root_id,
            contact_id=transaction.contact_id,
            line_number=line.number,
            occurred_at=transaction.occurred_at,
            version_from=transaction.version_from,
            superseded_at=transaction.superseded_at,
            kind=transaction.kind,
            status=transaction.status,
            channel=transaction.channel,
            is_paid_channel=transaction.is_paid_channel,
            coupon=transaction.coupon,
            sales_channel=transaction.sales_channel,
            product_id=line.product_id,
            variant_id=line.variant_id,
            brand_id=line.brand_id,
            category_id=line.category_id,
            name=line.name,
            quantity=line.quantity - returned,
            amount=amount,
            refunded_quantity=returned,
            refunded_amount=to_base(line.amount, said, base) - amount,
            cost=_cost_left(line, version, base),
            original_amount=line.amount,
            original_cost=line.cost,
        )
        yield row, line


def property_rows(row: LineItem, line: StatedLine) -> Iterator[LineProperty]:
    """The properties of a stored line."""
    for item in line.properties:
        yield LineProperty(
            workspace_id=row.workspace_id,
            line_item_id=row.pk,
            key=item.key,
            text=item.text,
            text_key=item.text_key,
            number=item.number,
        )


def _left(line: StatedLine, version: VersionOf, base: str) -> int:
    left = line.amount - version.given.amounts[line.number]
    return to_base(left, version.statement, base)


def _cost_left(line: StatedLine, version: VersionOf, base: str) -> int | None:
    """The cost of the pieces that weren't given back."""
    if line.cost is None:
        return None
    cost = to_base(line.cost, version.statement, base)
    returned = version.given.quantities[line.number]
    if not line.quantity or not returned:
        return cost
    return _round(cost * (line.quantity - returned), line.quantity)


def _round(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)
