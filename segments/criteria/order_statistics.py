"""Averages, extremes and rhythm: numbers that contacts without purchases don't have."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from django.db.models import DateTimeField, ExpressionWrapper, Max, Min, Q, Sum, Value
from django.db.models.functions import Cast, Extract, Floor, NullIf
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.agreeing import agreeing
from segments.criteria.base import criterion
from segments.criteria.evidence import MeasureUnit
from segments.criteria.measures import with_ratio
from segments.criteria.purchase_conditions import (
    EXACT,
    PurchaseConditions,
    TransactionConditions,
    transaction_q,
)
from segments.criteria.purchases import (
    OwnedStatistic,
    Query,
    UpperMoney,
    UpperNumber,
    ratio_q,
)
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    Control,
    Money,
    NumberOperator,
    NumberTest,
    NumberValue,
)
from segments.criteria.windows import EVER, MAX_NUMBER, OlderThan, Unit, Window, WindowKind

SECONDS_A_DAY = 86_400

if TYPE_CHECKING:
    Days = int
    UpperDays = int | None
else:
    Days = Annotated[int, Field(ge=0, le=MAX_NUMBER, strict=True), Control("number", whole=True)]
    UpperDays = Annotated[Days | None, Control("number", shown_when=BETWEEN_ONLY)]


class _Order(OwnedStatistic):
    """About amounts of single transactions."""

    compared_field = "amount"
    measure_unit = MeasureUnit.MONEY

    amount: Money
    upper: UpperMoney = None


@criterion
class AverageOrder(_Order):
    """Sum ≥ x · count: exact, whatever the rounding of a division."""

    key = "transactions.average_order"
    label = gettext_lazy("Average transaction")
    help = gettext_lazy("With conditions on lines: the average of what the matching lines cost")
    phrase = gettext_lazy(
        "spent on average {operator} {amount} {upper} a transaction {where} {window} {statuses}"
    )
    examples = (
        {"operator": "at_least", "amount": "80.00"},
        {"operator": "less_than", "amount": "33.33", "window": {"last": 1, "unit": "years"}},
        {"operator": "between", "amount": "50.00", "upper": "100.00"},
        {"operator": "exactly", "amount": "60.00"},
        {
            "operator": "more_than",
            "amount": "40.00",
            "where": [{"field": "brand", "values": ["Salewa"]}],
        },
    )

    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        rows = self.rows(scope, self.where)
        total = Cast(Sum(rows.amount), EXACT)
        return rows.queryset, ExpressionWrapper(total / rows.number, output_field=EXACT)

    def matching(self, scope: Scope) -> Query:
        rows = self.rows(scope, self.where)
        grouped = rows.queryset.order_by().values("contact_id")
        bounds = self.bounds(scope)
        total = Sum(rows.amount)
        found = ratio_q(self.positive, bounds, total, rows.number, grouped).values("contact_id")
        return with_ratio(found, rows.queryset, rows.amount, rows.number, self.ratio_test(scope))

    def ratio_test(self, scope: Scope) -> NumberTest:
        """The comparison that `matching` makes, in the units of storage."""
        return NumberTest(self.positive, *self.bounds(scope))


class _Extreme(_Order):
    where: TransactionConditions = Field(default_factory=list)
    window: Window = EVER

    def extreme(self) -> Any:
        raise NotImplementedError

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        purchases = self.purchases(scope).filter(transaction_q(self.where, scope))
        return purchases, self.extreme()


@criterion
class LargestOrder(_Extreme):
    """The most ever paid for the goods of one transaction."""

    key = "transactions.largest_order"
    label = gettext_lazy("Largest transaction")
    phrase = gettext_lazy(
        "made their largest transaction of {operator} {amount} {upper} {where} {window} {statuses}"
    )
    examples = (
        {"operator": "at_least", "amount": "250.00"},
        {"operator": "less_than", "amount": "100.00", "window": {"last": 1, "unit": "years"}},
        {
            "operator": "between",
            "amount": "100.00",
            "upper": "200.00",
            "where": [{"field": "coupon", "operator": "has_value"}],
        },
    )

    def extreme(self) -> Any:
        return Max("goods_amount")


@criterion
class SmallestOrder(_Extreme):
    """The least paid for the goods of one transaction."""

    key = "transactions.smallest_order"
    label = gettext_lazy("Smallest transaction")
    phrase = gettext_lazy(
        "made their smallest transaction of {operator} {amount} {upper} {where} {window} {statuses}"
    )
    examples = (
        {"operator": "at_most", "amount": "20.00"},
        {"operator": "more_than", "amount": "50.00", "window": {"last": 6, "unit": "months"}},
    )

    def extreme(self) -> Any:
        return Min("goods_amount")


@criterion
class DaysBetweenOrders(OwnedStatistic):
    """The average time from one transaction to the next; needs two."""

    key = "transactions.days_between_orders"
    label = gettext_lazy("Days between transactions")
    phrase = agreeing(
        "bought on average every {operator} {days} {upper} day {where} {window} {statuses}",
        "bought on average every {operator} {days} {upper} days {where} {window} {statuses}",
    )
    agrees_with = "days"
    compared_field = "days"
    measure_unit = MeasureUnit.DURATION
    examples = (
        {"operator": "at_most", "days": 30},
        {"operator": "more_than", "days": 45.5, "window": {"last": 2, "unit": "years"}},
        {
            "operator": "between",
            "days": 20,
            "upper": 60,
            "where": [{"field": "product", "values": ["P-1"]}],
        },
    )

    days: NumberValue
    upper: UpperNumber = None
    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def stored(self, value: Any, scope: Scope) -> Any:
        return Decimal(str(value)) * SECONDS_A_DAY

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        rows = self.rows(scope, self.where)
        span = Extract(Max("occurred_at") - Min("occurred_at"), "epoch")
        gaps = NullIf(rows.number - 1, 0)
        return rows.queryset, ExpressionWrapper(span / gaps, output_field=EXACT)

    def matching(self, scope: Scope) -> Query:
        rows = self.rows(scope, self.where)
        grouped = rows.queryset.order_by().values("contact_id").alias(number=rows.number)
        several = grouped.filter(number__gte=2)
        span = Extract(Max("occurred_at") - Min("occurred_at"), "epoch")
        gaps = rows.number - 1
        return ratio_q(self.positive, self.bounds(scope), span, gaps, several).values("contact_id")


@criterion
class DaysSinceLastOrder(OwnedStatistic):
    """Full days of 24 hours since the last counted transaction before the instant."""

    key = "transactions.days_since_last_order"
    label = gettext_lazy("Days since the last transaction")
    phrase = agreeing(
        "made their last transaction {operator} {days} {upper} day ago {where} {statuses}",
        "made their last transaction {operator} {days} {upper} days ago {where} {statuses}",
    )
    agrees_with = "days"
    compared_field = "days"
    measure_unit = MeasureUnit.DAYS
    examples = (
        {"operator": "at_least", "days": 90},
        {"operator": "more_than", "days": 364},
        {"operator": "between", "days": 30, "upper": 60},
        {"operator": "exactly", "days": 7},
        {"operator": "not_exactly", "days": 7},
        {"operator": "less_than", "days": 30},
        {
            "operator": "at_most",
            "days": 14,
            "where": [{"field": "product", "values": ["P-1", "P-2"]}],
        },
    )

    days: Days
    upper: UpperDays = None
    where: PurchaseConditions = Field(default_factory=list)

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        since = Value(scope.as_of, output_field=DateTimeField()) - Max("occurred_at")
        days = Floor(Extract(since, "epoch") / SECONDS_A_DAY)
        return self.rows(scope, self.where).queryset, days

    def edges(self) -> tuple[WindowKind, ...]:
        ends = {end for fewest, most in self._ranges() for end in (fewest, (most or 0) + 1)}
        return tuple(OlderThan(older_than=end, unit=Unit.DAYS) for end in sorted(ends) if end)

    def matching(self, scope: Scope) -> Query:
        rows = self.rows(scope, self.where).queryset
        grouped = rows.order_by().values("contact_id").alias(last=Max("occurred_at"))
        return grouped.filter(self.days_ago(scope)).values("contact_id")

    def days_ago(self, scope: Scope) -> Q:
        """The comparison on `last`, the instant of the last transaction."""
        condition = Q()
        for fewest, most in self._ranges():
            condition |= _days_ago(scope, fewest, most)
        return condition

    def _ranges(self) -> list[tuple[int, int | None]]:
        """Full days, both ends included; None is unbounded."""
        days = self.days
        ranges: dict[NumberOperator, list[tuple[int, int | None]]] = {
            NumberOperator.AT_LEAST: [(days, None)],
            NumberOperator.MORE_THAN: [(days + 1, None)],
            NumberOperator.AT_MOST: [(0, days)],
            NumberOperator.LESS_THAN: [(0, days - 1)],
            NumberOperator.EXACTLY: [(days, days)],
            NumberOperator.BETWEEN: [(days, self.upper)],
        }
        return ranges[self.positive]


def _days_ago(scope: Scope, fewest: int, most: int | None) -> Q:
    condition = Q(last__lte=scope.as_of - timedelta(days=fewest))
    if most is not None:
        # Nothing is less than 0 days ago: the range is empty then.
        condition &= Q(last__gt=scope.as_of - timedelta(days=most + 1))
    return condition
