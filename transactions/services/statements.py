"""What shops say of transactions: the items of a batch, read into statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field, StrictBool, StrictFloat, StrictInt, field_validator

from contacts.text import KEY_LENGTH, key_of, normalise
from tracking.items import (
    Amount,
    ContactReference,
    ExternalId,
    Instant,
    Item,
    ShortText,
    Thousandths,
    clamp,
    django_errors,
    text,
)
from tracking.services import GivenSource, given_source
from transactions.services.catalog import Catalog, KnownProduct, name_key
from transactions.services.rates import Currency, RateTable
from transactions.timeline import StatedLine, StatedProperty, StatedSource, Statement
from workspaces.batches import ItemError
from workspaces.models import Workspace
from workspaces.money import to_minor_units

MAX_LINES = 1_000
MAX_PROPERTIES = 50

Name = Annotated[str, text(KEY_LENGTH)]
PropertyValue = Annotated[str, text(300)] | StrictBool | StrictInt | StrictFloat


class LineStatement(Item):
    """A line; `amount` is what was paid for all pieces, `cost` what they cost the shop."""

    product: ExternalId | None = None
    variant: ExternalId | None = None
    name: ShortText = ""
    brand: Name | None = None
    category: Name | None = None
    properties: Annotated[
        dict[Annotated[str, text(60, min_length=1)], PropertyValue | None],
        Field(max_length=MAX_PROPERTIES, default_factory=dict),
    ]
    quantity: Thousandths
    amount: Amount
    unit_price: Amount | None = None
    cost: Amount | None = None

    @field_validator("properties")
    @classmethod
    def _in_order(cls, given: dict[str, PropertyValue | None]) -> dict[str, PropertyValue | None]:
        return {key: given[key] for key in sorted(given) if given[key] is not None}


class TransactionStatement(Item):
    """One transaction of a batch, as docs/rest.md `transactions/batch` names it."""

    external_id: ExternalId
    contact: ContactReference
    occurred_at: Instant
    updated_at: Instant | None = None
    kind: Literal["purchase", "cart"] = "purchase"
    converted_to: ExternalId | None = None
    status: Literal["pending", "paid", "fulfilled", "cancelled", "refunded", "test"] = "paid"
    sales_channel: ShortText = ""
    currency: Currency | None = None
    coupon: ShortText = ""
    shipping: Amount | None = None
    total: Amount | None = None
    source: GivenSource | None = None
    lines: Annotated[list[LineStatement], Field(max_length=MAX_LINES, default_factory=list)]


@dataclass(frozen=True, slots=True)
class Money:
    """The amounts of an item in minor units of its currency."""

    currency: str
    goods: int
    shipping: int
    amounts: tuple[int, ...]
    costs: tuple[int | None, ...]


def read_money(item: TransactionStatement, workspace: Workspace) -> Money | list[ItemError]:
    """The item's amounts, or why they can't be taken; lines go before the total."""
    currency = item.currency or workspace.base_currency
    errors: list[ItemError] = []

    def minor(amount: str | None, path: str) -> int:
        if amount is None:
            return 0
        try:
            return to_minor_units(amount, currency)
        except ValidationError as error:
            errors.append(django_errors(error, path))
            return 0

    shipping, total = minor(item.shipping, "$.shipping"), minor(item.total, "$.total")
    amounts = tuple(minor(line.amount, path) for path, line in _paths(item, "amount"))
    costs = tuple(
        None if line.cost is None else minor(line.cost, path) for path, line in _paths(item, "cost")
    )
    goods = sum(amounts) if item.lines else total - shipping
    if not item.lines and item.total is None and item.kind == "purchase":
        errors.append(ItemError("$.lines", "missing", _("Give lines or a total.")))
    elif goods < 0:
        errors.append(ItemError("$.total", "less_than_shipping", _("Shipping is over the total.")))
    if errors:
        return errors
    return Money(currency, max(goods, 0), shipping, amounts, costs)


def local_date(workspace: Workspace, occurred_at: datetime) -> date:
    """The day a fact counts to in the workspace's zone."""
    return occurred_at.astimezone(workspace.zone).date()


def _paths(item: TransactionStatement, name: str) -> Iterator[tuple[str, LineStatement]]:
    for position, line in enumerate(item.lines):
        yield f"$.lines[{position}].{name}", line


@dataclass(frozen=True)
class StatementReader:
    """Makes statements of items whose contacts and products are known by now."""

    workspace: Workspace
    catalog: Catalog
    rates: RateTable
    now: datetime

    def read(
        self,
        item: TransactionStatement,
        money: Money,
        *,
        contact_id: int,
        stated_at: datetime,
        digest: str,
    ) -> Statement:
        occurred_at, is_clamped = clamp(item.occurred_at, self.now)
        rate = self.rates.rate_on(money.currency, local_date(self.workspace, occurred_at))
        if rate is None:
            raise LookupError("Items without a rate are refused before.")
        return Statement(
            stated_at=stated_at,
            contact_id=contact_id,
            occurred_at=occurred_at,
            received_at=self.now,
            is_clamped=is_clamped,
            kind=item.kind,
            status=item.status,
            currency=money.currency,
            rate=rate,
            goods=money.goods,
            shipping=money.shipping,
            digest=digest,
            converted_to=item.converted_to or "",
            coupon=name_key(item.coupon),
            sales_channel=name_key(item.sales_channel),
            source=stated_source(item.source),
            lines=tuple(
                self._line(position, line, money) for position, line in enumerate(item.lines)
            ),
        )

    def _line(self, position: int, line: LineStatement, money: Money) -> StatedLine:
        product = self.catalog.products.get(line.product) if line.product else None
        variant = self.catalog.variants.get(line.variant) if line.variant else None
        cost = money.costs[position]
        if cost is None and product and product.currency == money.currency:
            cost = _cost_of(product, line.quantity)
        return StatedLine(
            number=position + 1,
            quantity=line.quantity,
            amount=money.amounts[position],
            cost=cost,
            product_id=product.id if product else variant.product_id if variant else None,
            variant_id=variant.id if variant else None,
            brand_id=self.catalog.brand_id(line.brand) or (product.brand_id if product else None),
            category_id=self.catalog.category_id(line.category)
            or (product.category_id if product else None),
            name=line.name,
            properties=tuple(_properties(line)),
        )


def _cost_of(product: KnownProduct, quantity: int) -> int | None:
    """What so many thousandths of a product cost the shop, if it is known."""
    return None if product.cost is None else (2 * product.cost * quantity + 1000) // 2000


def stated_source(given: GivenSource | None) -> StatedSource | None:
    """The source the shop gave; one that says nothing was not given."""
    if given is None or not (
        given.channel or given.referrer or given.url or any(given.utm.model_dump().values())
    ):
        return None
    found = given_source(given)
    return StatedSource(
        channel=found.channel.value,
        is_paid=found.is_paid,
        utm_source=found.utm_source,
        utm_medium=found.utm_medium,
        utm_campaign=found.utm_campaign,
    )


def _properties(line: LineStatement) -> Iterator[StatedProperty]:
    known: dict[str, StatedProperty] = {}
    for key, value in line.properties.items():
        name = normalise(key)[:60]
        if isinstance(value, str):
            known[name] = StatedProperty(name, value, key_of(normalise(value)))
        elif isinstance(value, bool):
            shown = "true" if value else "false"
            known[name] = StatedProperty(name, shown, shown, float(value))
        elif value is not None and abs(value) < 1e300:
            shown = f"{value:g}" if isinstance(value, float) else str(value)[:300]
            known[name] = StatedProperty(name, shown, key_of(shown), float(value))
    yield from (known[name] for name in sorted(known))
