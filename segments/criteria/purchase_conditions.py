"""Conditions on what was bought: on a line, and on the transaction it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from django.db.models import DecimalField, Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.text import key_of, normalise
from segments.criteria.base import Speech
from segments.criteria.conditions import (
    Condition,
    NumberCondition,
    ReferenceCondition,
    TextCondition,
    all_of,
    conditions,
)
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    Control,
    Money,
    NumberOperator,
    NumberTest,
    TextOperator,
    TextTest,
    reference_text,
    reference_texts,
    say_number,
    say_test,
)
from transactions.models import LineProperty

EXACT = DecimalField(max_digits=60, decimal_places=20)


def literal(number: Any) -> Any:
    """A number compared as it is: an integer column would cut a fraction off first."""
    return number if isinstance(number, int) else Value(Decimal(str(number)), output_field=EXACT)


def thousandths(number: float) -> int | Decimal:
    """A quantity as stored; a fraction of a thousandth stays one."""
    exact = Decimal(str(number)) * 1000
    return int(exact) if exact == int(exact) else exact


class MoneyCondition(Condition):
    """An amount column in minor units of the base currency."""

    column: ClassVar[str]
    operator: NumberOperator
    value: Money
    upper: Annotated[Money | None, Control("money", shown_when=BETWEEN_ONLY)] = None

    def test(self, scope: Scope) -> NumberTest:
        upper = None if self.upper is None else literal(scope.money(self.upper))
        return NumberTest(self.operator, literal(scope.money(self.value)), upper)

    def q(self, scope: Scope) -> Q:
        return self.test(scope).q(self.column)

    def passes_zero(self) -> bool:
        upper = None if self.upper is None else float(self.upper)
        return NumberTest(self.operator, float(self.value), upper).passes(0)

    def speak(self, speech: Speech) -> str:
        upper = None if self.upper is None else _say_money(self.upper, speech)
        return f"{self.label} {say_test(self.operator, _say_money(self.value, speech), upper)}"


def _say_money(amount: Decimal, speech: Speech) -> str:
    return f"{speech.currency} {say_number(amount)}".strip()


# --- Of a line: what it is of ---------------------------------------------------------------


class ProductIs(ReferenceCondition):
    label = gettext_lazy("product")
    column = "product_id"
    reference = "product"
    field: Literal["product"]
    values: reference_texts("product")  # type: ignore[valid-type]


class VariantIs(ReferenceCondition):
    label = gettext_lazy("variant")
    column = "variant_id"
    reference = "variant"
    field: Literal["variant"]
    values: reference_texts("variant")  # type: ignore[valid-type]


class BrandIs(ReferenceCondition):
    label = gettext_lazy("brand")
    column = "brand_id"
    reference = "brand"
    field: Literal["brand"]
    values: reference_texts("brand")  # type: ignore[valid-type]


class CategoryIs(ReferenceCondition):
    label = gettext_lazy("product category")
    column = "category_id"
    reference = "product_category"
    field: Literal["category"]
    values: reference_texts("product_category")  # type: ignore[valid-type]


class NameIs(TextCondition):
    """The name of the line as the shop stated it."""

    label = gettext_lazy("item name")
    column = "name__normalised"
    field: Literal["name"]


class PropertyIs(TextCondition):
    """A property of the line, as text. Lines without it count as "is not"."""

    label = gettext_lazy("property")
    field: Literal["property"]
    property: reference_text("line_property")  # type: ignore[valid-type]

    def passing(self, test: TextTest, scope: Scope) -> Q:
        named = _properties(scope, self.property)
        if test.operator == TextOperator.HAS_VALUE:
            return Q(pk__in=named.exclude(text="", number__isnull=True).values("line_item_id"))
        fits = test.q("text__normalised", "text_key")
        if test.operator == TextOperator.IS_ANY_OF:
            fits |= Q(number__in=_numbers(test.values))
        return Q(pk__in=named.filter(fits).values("line_item_id"))

    def speak(self, speech: Speech) -> str:
        return super().speak(speech).replace(str(self.label), f"{self.label} “{self.property}”", 1)


class PropertyNumber(NumberCondition):
    """A property of the line, as a number. Lines without it count as "not exactly"."""

    label = gettext_lazy("property")
    field: Literal["property_number"]
    property: reference_text("line_property")  # type: ignore[valid-type]

    def q(self, scope: Scope) -> Q:
        is_negative = self.operator == NumberOperator.NOT_EXACTLY
        operator = NumberOperator.EXACTLY if is_negative else self.operator
        test = NumberTest(operator, self.value, self.upper)
        fitting = _properties(scope, self.property).filter(test.q("number"))
        found = Q(pk__in=fitting.values("line_item_id"))
        return ~found if is_negative else found

    def speak(self, speech: Speech) -> str:
        return super().speak(speech).replace(str(self.label), f"{self.label} “{self.property}”", 1)


def _numbers(values: Sequence[str]) -> list[float]:
    """The values that are numbers: shops send sizes as 42 and as "42"."""
    return [
        float(value) for value in values if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", value)
    ]


def _properties(scope: Scope, key: str) -> Any:
    rows = LineProperty.objects.in_workspace(scope.workspace)
    return rows.filter(key=key_of(normalise(key)))


# --- Of a line: how much --------------------------------------------------------------------


class LineAmount(MoneyCondition):
    """Paid for the line, or for all lines together, as the scope says."""

    label = gettext_lazy("amount")
    column = "amount"
    field: Literal["amount"]


class LineMargin(MoneyCondition):
    """Amount less cost, of lines whose cost is known."""

    label = gettext_lazy("margin")
    column = "margin"
    field: Literal["margin"]


class LineQuantity(NumberCondition):
    label = gettext_lazy("quantity")
    column = "quantity"
    field: Literal["quantity"]

    def test(self, scope: Scope) -> NumberTest:
        upper = None if self.upper is None else literal(thousandths(self.upper))
        return NumberTest(self.operator, literal(thousandths(self.value)), upper)

    def q(self, scope: Scope) -> Q:
        return self.test(scope).q(self.column)

    def passes_zero(self) -> bool:
        return NumberTest(self.operator, self.value, self.upper).passes(0)


# --- Of the transaction ---------------------------------------------------------------------


class CouponIs(TextCondition):
    label = gettext_lazy("coupon")
    column = "coupon"
    field: Literal["coupon"]


class SalesChannelIs(TextCondition):
    """Store, marketplace, point of sale, as the shop named it."""

    label = gettext_lazy("sales channel")
    column = "sales_channel"
    field: Literal["sales_channel"]


class TransactionAmount(MoneyCondition):
    """Paid for the goods of the whole transaction."""

    label = gettext_lazy("amount of the transaction")
    column = "goods_amount"
    field: Literal["transaction_amount"]

    def q_of_line(self, scope: Scope) -> Q:
        return self.test(scope).q(f"transaction__{self.column}")


class OrderTotal(TransactionAmount):
    """Goods and shipping of the whole transaction."""

    label = gettext_lazy("total with shipping")
    column = "total_amount"
    field: Literal["order_total"]  # type: ignore[assignment]


class ShippingAmount(TransactionAmount):
    label = gettext_lazy("shipping")
    column = "shipping_amount"
    field: Literal["shipping"]  # type: ignore[assignment]


# Tested on a line, or on the sum of a transaction's or of all lines, as the scope says.
MEASURES = (LineAmount, LineMargin, LineQuantity)
ON_LINE = (ProductIs, VariantIs, BrandIs, CategoryIs, NameIs, PropertyIs, PropertyNumber, *MEASURES)
ON_TRANSACTION = (CouponIs, SalesChannelIs, TransactionAmount, OrderTotal, ShippingAmount)

if TYPE_CHECKING:
    PurchaseConditions = list[Condition]
    LineConditions = list[Condition]
    TransactionConditions = list[Condition]
else:
    PurchaseConditions = conditions(*ON_LINE, *ON_TRANSACTION)
    LineConditions = conditions(*ON_LINE)
    TransactionConditions = conditions(*ON_TRANSACTION)


def names_lines(where: Iterable[Condition]) -> bool:
    """Whether a condition is on lines: then only matching lines count, not whole transactions."""
    return any(isinstance(condition, ON_LINE) for condition in where)


def measures_in(where: Iterable[Condition]) -> list[LineAmount | LineMargin | LineQuantity]:
    return [condition for condition in where if isinstance(condition, MEASURES)]


def selecting(where: Iterable[Condition]) -> list[Condition]:
    """The conditions that choose lines, whatever the scope of amounts."""
    return [condition for condition in where if not isinstance(condition, MEASURES)]


def transaction_q(where: Iterable[Condition], scope: Scope) -> Q:
    """The conditions on columns of the transaction."""
    return all_of((c for c in where if isinstance(c, ON_TRANSACTION)), scope)


def line_q(where: Iterable[Condition], scope: Scope) -> Q:
    """All conditions on one line and its transaction; needs the annotation `margin`."""
    condition = Q()
    for part in where:
        if isinstance(part, TransactionAmount):
            condition &= part.q_of_line(scope)
        else:
            condition &= part.q(scope)
    return condition


def say_conditions(where: Sequence[Condition], speech: Speech) -> str:
    """ "[brand is any of Nordica] and [amount more than EUR 50]": brackets part the lists."""
    said = [condition.speak(speech) for condition in where]
    if len(said) == 1:
        return said[0]
    return _(" and ").join(f"[{part}]" for part in said)
