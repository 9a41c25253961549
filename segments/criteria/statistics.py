"""Numbers over a contact's transactions in a window: orders, totals, units, margin, distinct."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Sum, TextChoices
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.agreeing import Agreeing, agreeing
from segments.criteria.base import Speech, criterion
from segments.criteria.evidence import MeasureUnit
from segments.criteria.purchase_conditions import (
    PurchaseConditions,
    TransactionConditions,
    line_q,
    thousandths,
    transaction_q,
)
from segments.criteria.purchases import (
    Query,
    TestedStatistic,
    UpperCount,
    UpperMoney,
    UpperNumber,
)
from segments.criteria.scope import Scope
from segments.criteria.values import Count as CountValue
from segments.criteria.values import Money, NumberOperator, NumberValue
from segments.criteria.windows import EVER, Window


@criterion
class NumberOfOrders(TestedStatistic):
    """How many transactions in a window; with conditions on lines, those with such a line."""

    key = "transactions.number_of_orders"
    label = gettext_lazy("Number of transactions")
    phrase = agreeing(
        "made {operator} {number} {upper} transaction {where} {window} {statuses}",
        "made {operator} {number} {upper} transactions {where} {window} {statuses}",
    )
    examples = (
        {"operator": "exactly", "number": 1},
        {"operator": "at_least", "number": 3, "window": {"last": 90, "unit": "days"}},
        {"operator": "at_most", "number": 2, "window": {"calendar": "this_year"}},
        {"operator": "less_than", "number": 2, "window": {"last_whole_days": 60}},
        {"operator": "more_than", "number": 1, "statuses": ["pending", "paid", "fulfilled"]},
        {
            "operator": "between",
            "number": 2,
            "upper": 4,
            "window": {"older_than": 1, "unit": "years"},
        },
        {
            "operator": "not_exactly",
            "number": 1,
            "where": [{"field": "coupon", "values": ["NARTY10"]}],
        },
        {
            "operator": "exactly",
            "number": 0,
            "where": [{"field": "brand", "values": ["Salewa"]}],
            "window": {"last": 1, "unit": "years"},
        },
    )

    measure_unit = MeasureUnit.TRANSACTIONS

    number: CountValue
    upper: UpperCount = None
    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        rows = self.rows(scope, self.where)
        return rows.queryset, rows.number

    def matching(self, scope: Scope) -> Query:
        if self.operator == NumberOperator.AT_LEAST and self.number == 1:
            return self.rows(scope, self.where).queryset.values("contact_id")
        return super().matching(scope)


class _SumOfTransactions(TestedStatistic):
    """A money column of whole transactions, summed."""

    compared_field = "amount"
    measure_unit = MeasureUnit.MONEY

    amount: Money
    upper: UpperMoney = None
    where: TransactionConditions = Field(default_factory=list)
    window: Window = EVER

    def summed(self) -> str:
        raise NotImplementedError

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        purchases = self.purchases(scope).filter(transaction_q(self.where, scope))
        return purchases, Sum(self.summed())


@criterion
class OrderTotal(_SumOfTransactions):
    """Goods and shipping together, less refunds."""

    key = "transactions.order_total"
    label = gettext_lazy("Total with shipping")
    phrase = gettext_lazy(
        "paid {operator} {amount} {upper} with shipping {where} {window} {statuses}"
    )
    examples = (
        {"operator": "at_least", "amount": "500.00"},
        {
            "operator": "between",
            "amount": "50.00",
            "upper": "120.00",
            "window": {"last": 1, "unit": "years"},
        },
        {
            "operator": "at_most",
            "amount": "200.00",
            "where": [{"field": "sales_channel", "values": ["store"]}],
        },
    )

    def summed(self) -> str:
        return "total_amount"


@criterion
class ShippingPaid(_SumOfTransactions):
    """Shipping alone."""

    key = "transactions.shipping_paid"
    label = gettext_lazy("Shipping paid")
    phrase = gettext_lazy(
        "paid {operator} {amount} {upper} for shipping {where} {window} {statuses}"
    )
    examples = (
        {"operator": "more_than", "amount": "30.00", "window": {"last": 12, "unit": "months"}},
        {"operator": "exactly", "amount": "0.00"},
    )

    def summed(self) -> str:
        return "shipping_amount"


@criterion
class UnitsBought(TestedStatistic):
    """Quantities of lines, summed, less what was refunded."""

    key = "transactions.units_bought"
    label = gettext_lazy("Units bought")
    phrase = agreeing(
        "bought {operator} {number} {upper} unit {where} {window} {statuses}",
        "bought {operator} {number} {upper} units {where} {window} {statuses}",
    )
    examples = (
        {"operator": "at_least", "number": 3, "where": [{"field": "product", "values": ["P-1"]}]},
        {"operator": "less_than", "number": 2.5, "window": {"last": 6, "unit": "months"}},
        {
            "operator": "between",
            "number": 2,
            "upper": 10,
            "where": [{"field": "property", "property": "size", "values": ["42"]}],
        },
    )

    measure_unit = MeasureUnit.PIECES

    number: NumberValue
    upper: UpperNumber = None
    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def stored(self, value: Any, scope: Scope) -> Any:
        return thousandths(value)

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        return self.lines(scope).filter(line_q(self.where, scope)), Sum("quantity")


@criterion
class Margin(TestedStatistic):
    """Amount less cost of the lines whose cost is known, summed."""

    key = "transactions.margin"
    label = gettext_lazy("Margin")
    help = gettext_lazy("Amount less cost; lines whose cost isn't known don't count")
    phrase = gettext_lazy(
        "brought a margin of {operator} {amount} {upper} {where} {window} {statuses}"
    )
    compared_field = "amount"
    measure_unit = MeasureUnit.MONEY
    examples = (
        {"operator": "at_least", "amount": "100.00", "window": {"last": 1, "unit": "years"}},
        {"operator": "less_than", "amount": "0.00"},
        {
            "operator": "at_most",
            "amount": "20.00",
            "where": [{"field": "brand", "operator": "none_of", "values": ["Nordica"]}],
        },
    )

    amount: Money
    upper: UpperMoney = None
    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        lines = self.lines(scope).filter(line_q(self.where, scope), cost__isnull=False)
        return lines, Sum(F("amount") - F("cost"))


class DistinctOf(TextChoices):
    """What is counted once however often it occurs."""

    PRODUCTS = "products", gettext_lazy("different products")
    VARIANTS = "variants", gettext_lazy("different variants")
    BRANDS = "brands", gettext_lazy("different brands")
    CATEGORIES = "categories", gettext_lazy("different product categories")
    COUPONS = "coupons", gettext_lazy("different coupons")
    SALES_CHANNELS = "sales_channels", gettext_lazy("different sales channels")
    DAYS = "days", gettext_lazy("different days")


# As they stand after a number.
_DIFFERENT: dict[DistinctOf, Agreeing] = {
    DistinctOf.PRODUCTS: agreeing("different product", "different products"),
    DistinctOf.VARIANTS: agreeing("different variant", "different variants"),
    DistinctOf.BRANDS: agreeing("different brand", "different brands"),
    DistinctOf.CATEGORIES: agreeing("different product category", "different product categories"),
    DistinctOf.COUPONS: agreeing("different coupon", "different coupons"),
    DistinctOf.SALES_CHANNELS: agreeing("different sales channel", "different sales channels"),
    DistinctOf.DAYS: agreeing("different day", "different days"),
}

_LINE_COLUMNS = {
    DistinctOf.PRODUCTS: "product_id",
    DistinctOf.VARIANTS: "variant_id",
    DistinctOf.BRANDS: "brand_id",
    DistinctOf.CATEGORIES: "category_id",
}
_TRANSACTION_COLUMNS = {
    DistinctOf.COUPONS: "coupon",
    DistinctOf.SALES_CHANNELS: "sales_channel",
}


@criterion
class DistinctBought(TestedStatistic):
    """How many different products, brands, …, coupons, channels or local days."""

    key = "transactions.distinct"
    label = gettext_lazy("Number of different …")
    phrase = gettext_lazy("bought {operator} {number} {upper} {of} {where} {window} {statuses}")
    examples = (
        {"of": "brands", "operator": "at_least", "number": 2},
        {
            "of": "products",
            "operator": "exactly",
            "number": 1,
            "window": {"last": 1, "unit": "years"},
        },
        {"of": "categories", "operator": "less_than", "number": 2},
        {"of": "variants", "operator": "more_than", "number": 1},
        {"of": "coupons", "operator": "at_most", "number": 1},
        {"of": "sales_channels", "operator": "between", "number": 1, "upper": 2},
        {
            "of": "days",
            "operator": "at_least",
            "number": 2,
            "where": [{"field": "brand", "values": ["Nordica"]}],
        },
    )

    of: DistinctOf
    number: CountValue
    upper: UpperCount = None
    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        if self.of in _LINE_COLUMNS:
            lines = self.lines(scope).filter(line_q(self.where, scope))
            return lines, Count(_LINE_COLUMNS[self.of], distinct=True)
        rows = self.rows(scope, self.where).queryset
        if self.of == DistinctOf.DAYS:
            days = TruncDate("occurred_at", tzinfo=scope.workspace.zone)
            return rows, Count(days, distinct=True)
        column = _TRANSACTION_COLUMNS[self.of]
        return rows.exclude((column, "")), Count(column, distinct=True)

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "of":
            return _DIFFERENT[self.of].with_number(self.said_number)
        return super().say_field(name, speech)
