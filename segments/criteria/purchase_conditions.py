"""Conditions on what was bought: on a line, and on the transaction it stands in."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from django.db.models import Q
from django.utils.translation import gettext_lazy

from contacts.text import key_of, normalise
from segments.criteria.base import Speech
from segments.criteria.conditions import (
    Condition,
    NumberCondition,
    ReferenceCondition,
    TextCondition,
)
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    POSITIVE,
    Control,
    Money,
    NumberOperator,
    NumberTest,
    TextOperator,
    TextTest,
    reference_text,
    reference_texts,
    say_test,
)
from transactions.models import LineProperty

THOUSANDTHS = 1_000  # quantities are stored in thousandths


class MoneyCondition(Condition):
    """An amount column in minor units of the base currency."""

    column: ClassVar[str]
    operator: NumberOperator
    value: Money
    upper: Annotated[Money | None, Control("money", shown_when=BETWEEN_ONLY)] = None

    def test(self, scope: Scope) -> NumberTest:
        upper = None if self.upper is None else scope.money(self.upper)
        return NumberTest(self.operator, scope.money(self.value), upper)

    def q(self, scope: Scope) -> Q:
        return self.test(scope).q(self.column)

    def passes_zero(self) -> bool:
        return NumberTest(self.operator, self.value, self.upper).passes(0)

    def speak(self, speech: Speech) -> str:
        upper = None if self.upper is None else _say_money(self.upper, speech)
        return f"{self.label} {say_test(self.operator, _say_money(self.value, speech), upper)}"


def _say_money(amount: Decimal, speech: Speech) -> str:
    return f"{speech.currency} {amount:,}".strip()


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

    def q(self, scope: Scope) -> Q:
        positive = POSITIVE.get(self.operator)
        test = TextTest(positive or self.operator, self.values or ())
        named = _properties(scope, self.property)
        if test.operator == TextOperator.HAS_VALUE:
            found = Q(pk__in=named.exclude(text="", number__isnull=True).values("line_item_id"))
        else:
            fitting = named.filter(test.q("text__normalised", "text_key"))
            found = Q(pk__in=fitting.values("line_item_id"))
        return ~found if positive else found

    def speak(self, speech: Speech) -> str:
        return super().speak(speech).replace(str(self.label), f"{self.label} “{self.property}”", 1)


class PropertyNumber(NumberCondition):
    """A property of the line, as a number."""

    label = gettext_lazy("property")
    field: Literal["property_number"]
    property: reference_text("line_property")  # type: ignore[valid-type]

    def q(self, scope: Scope) -> Q:
        test = NumberTest(self.operator, self.value, self.upper)
        fitting = _properties(scope, self.property).filter(test.q("number"))
        return Q(pk__in=fitting.values("line_item_id"))

    def speak(self, speech: Speech) -> str:
        return super().speak(speech).replace(str(self.label), f"{self.label} “{self.property}”", 1)


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

    def stored(self, scope: Scope, number: float) -> float:
        return number * THOUSANDTHS

    def test(self, scope: Scope) -> NumberTest:
        upper = None if self.upper is None else self.stored(scope, self.upper)
        return NumberTest(self.operator, self.stored(scope, self.value), upper)

    def passes_zero(self) -> bool:
        return NumberTest(self.operator, self.value, self.upper).passes(0)


# --- Of the transaction ---------------------------------------------------------------------


class CouponIs(TextCondition):
    label = gettext_lazy("coupon")
    column = "coupon"
    field: Literal["coupon"]
