"""Transactions against each other: close together in time, or one window against another."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    Q,
    Sum,
    TextChoices,
    ValueRange,
)
from django.db.models import Value as Literal
from django.db.models import Window as OverRows
from django.db.models.functions import Cast, Coalesce, NullIf, TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import Field

from segments.criteria.base import Family, Speech, criterion
from segments.criteria.evidence import Measured, MeasureUnit
from segments.criteria.purchase_conditions import (
    EXACT,
    PurchaseConditions,
    line_q,
    literal,
    names_lines,
    transaction_q,
)
from segments.criteria.purchases import (
    PurchaseCriterion,
    Query,
    lines_of,
    ratio_q,
)
from segments.criteria.scope import Scope
from segments.criteria.values import (
    Control,
    Money,
    NumberOperator,
    NumberTest,
    say_number,
    say_percent,
)
from segments.criteria.values import Count as CountValue
from segments.criteria.windows import EVER, Unit, Window, WindowKind, say_units, say_window

MAX_DAYS = 3_660


class ThresholdOperator(TextChoices):
    """Comparisons that make sense of "within some days"."""

    AT_LEAST = "at_least", gettext_lazy("at least")
    MORE_THAN = "more_than", gettext_lazy("more than")


class RhythmStatistic(TextChoices):
    """What is added up within the days."""

    AMOUNT = "amount_spent", gettext_lazy("spent")
    NUMBER = "number_of_orders", gettext_lazy("made")


_OF_AMOUNT = {"statistic": ("amount_spent",)}
_OF_NUMBER = {"statistic": ("number_of_orders",)}

if TYPE_CHECKING:
    MoneyOfAmount = Decimal | None
    NumberOfNumber = int | None
    SomeDays = int
    PercentOrMore = float | None
else:
    MoneyOfAmount = Annotated[Money | None, Control("money", shown_when=_OF_AMOUNT)]
    NumberOfNumber = Annotated[CountValue | None, Control("number", shown_when=_OF_NUMBER)]
    SomeDays = Annotated[int, Field(ge=1, le=MAX_DAYS, strict=True), Control("number", whole=True)]
    PercentOrMore = Annotated[
        Annotated[float, Field(gt=0, le=10_000, strict=True)] | None,
        Control("percent", shown_when={"comparison": ("percent_less", "percent_more")}),
    ]


class DaysFrom(ValueRange):
    """A window frame: the row's day and those after it, so many days in all."""

    def __init__(self, days: int) -> None:
        super().__init__()
        self.days = days

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        frame = "RANGE BETWEEN CURRENT ROW AND make_interval(days => %s) FOLLOWING"
        return frame, (self.days - 1,)


@criterion
class WithinDays(PurchaseCriterion):
    """Within some N consecutive local days of the window, enough was spent or ordered."""

    key = "transactions.within_days"
    label = gettext_lazy("Within some days in a row")
    help = gettext_lazy("Spent over 100 within some 90 days; bought twice on one day")
    family = Family.STATISTICS
    icon = "calendar"
    phrase = gettext_lazy(
        "{statistic} {operator} {amount} {number} within some {days} {where} {window} {statuses}"
    )
    examples = (
        {"statistic": "amount_spent", "operator": "more_than", "amount": "100.00", "days": 90},
        {"statistic": "number_of_orders", "operator": "at_least", "number": 2, "days": 1},
        {
            "statistic": "amount_spent",
            "operator": "at_least",
            "amount": "150.00",
            "days": 30,
            "where": [{"field": "brand", "values": ["Nordica"]}],
            "window": {"last": 1, "unit": "years"},
        },
        {
            "statistic": "number_of_orders",
            "operator": "more_than",
            "number": 2,
            "days": 60,
            "where": [{"field": "product", "values": ["P-1"]}],
        },
    )

    statistic: RhythmStatistic
    operator: ThresholdOperator = ThresholdOperator.AT_LEAST
    amount: MoneyOfAmount = None
    number: NumberOfNumber = None
    days: SomeDays
    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def matching(self, scope: Scope) -> Query:
        rows, added = self._rows(scope)
        within = self._within(added, scope)
        threshold = self.number if self.amount is None else literal(scope.money(self.amount))
        lookup = "gte" if self.operator == ThresholdOperator.AT_LEAST else "gt"
        passing = rows.alias(within=within).filter((f"within__{lookup}", threshold))
        return passing.values("contact_id")

    def measured(self, scope: Scope) -> Measured | None:
        rows, added = self._rows(scope)
        best = rows.annotate(measure=self._within(added, scope)).order_by("-measure")
        is_amount = self.amount is not None
        threshold = self.number if self.amount is None else scope.money(self.amount)
        return Measured(
            NumberTest(NumberOperator(self.operator.value), threshold or 0),
            MeasureUnit.MONEY if is_amount else MeasureUnit.TRANSACTIONS,
            best.values("contact_id", "measure")[:1],
        )

    def _within(self, added: Any, scope: Scope) -> OverRows:
        day = TruncDate("occurred_at", tzinfo=scope.workspace.zone)
        frame = DaysFrom(self.days)
        return OverRows(added, partition_by=[F("contact_id")], order_by=[day], frame=frame)

    def _rows(self, scope: Scope) -> tuple[Query, Any]:
        rows = self.rows(scope, self.where)
        if self.statistic == RhythmStatistic.AMOUNT:
            return rows.queryset.order_by(), Sum(rows.amount)
        if names_lines(self.where):
            bought = rows.queryset.values("transaction_id")
            return self.purchases(scope).filter(pk__in=bought).order_by(), Count("pk")
        return rows.queryset.order_by(), Count("pk")

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        low = 1 if self.operator == ThresholdOperator.AT_LEAST else 0
        if self.number is not None and self.number < low:
            yield ("number",), _("Everybody does that: take a larger number.")
        if self.amount is not None and self.amount <= 0 and low:
            yield ("amount",), _("Everybody does that: take a larger amount.")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "days":
            return say_units(self.days, Unit.DAYS)
        if name == "number" and self.number is not None:
            words = ngettext("{number} transaction", "{number} transactions", self.number)
            return words.format(number=say_number(self.number))
        return super().say_field(name, speech)


class ComparedStatistic(TextChoices):
    """What is compared between the two windows."""

    AMOUNT = "amount_spent", gettext_lazy("amount spent")
    NUMBER = "number_of_orders", gettext_lazy("number of transactions")
    AVERAGE = "average_order", gettext_lazy("average transaction")
    UNITS = "units_bought", gettext_lazy("units bought")


class Comparison(TextChoices):
    """How the one window stands to the other."""

    LESS = "less", gettext_lazy("less")
    MORE = "more", gettext_lazy("more")
    PERCENT_LESS = "percent_less", gettext_lazy("less by at least")
    PERCENT_MORE = "percent_more", gettext_lazy("more by at least")


@criterion
class ComparedWithItself(PurchaseCriterion):
    """A statistic in one window against the contact's own in another.

    Sums and counts of nothing are 0, and 0 is not less than 0. A percentage of nothing, and an
    average of nothing, never match.
    """

    key = "transactions.compared"
    label = gettext_lazy("More or less than before")
    help = gettext_lazy("Spent less in the last 90 days than in the 90 before")
    family = Family.STATISTICS
    icon = "trending-up"
    phrase = gettext_lazy(
        "had {statistic} {window} {comparison} {percent} than {than} {where} {statuses}"
    )
    examples = (
        {
            "statistic": "amount_spent",
            "comparison": "less",
            "window": {"last": 90, "unit": "days"},
            "than": {"between": [90, 180], "unit": "days"},
        },
        {
            "statistic": "number_of_orders",
            "comparison": "more",
            "window": {"calendar": "this_year"},
            "than": {"calendar": "previous_year"},
        },
        {
            "statistic": "average_order",
            "comparison": "percent_more",
            "percent": 20,
            "window": {"last": 6, "unit": "months"},
            "than": {"older_than": 6, "unit": "months"},
        },
        {
            "statistic": "units_bought",
            "comparison": "percent_less",
            "percent": 50,
            "window": {"last": 30, "unit": "days"},
            "than": {"between": [30, 60], "unit": "days"},
            "where": [{"field": "brand", "values": ["Nordica"]}],
        },
    )

    statistic: ComparedStatistic
    comparison: Comparison
    percent: PercentOrMore = None
    window: Window
    than: Window
    where: PurchaseConditions = Field(default_factory=list)

    def evidence(self, scope: Scope) -> tuple[Query, ...]:
        return (self._in_windows(scope),)

    def measured(self, scope: Scope) -> Measured | None:
        rows, (_rows, amount, counted) = self._in_windows(scope), self._rows(scope)
        grouped = rows.order_by().values("contact_id")
        one, other = (
            self._shown(amount, counted, scope.window_q(window))
            for window in (self.window, self.than)
        )
        operator, factor = self._bound()
        against = ExpressionWrapper(
            other * Literal(Decimal(str(factor)) / 100, output_field=EXACT), output_field=EXACT
        )
        found = grouped.annotate(measure=one, against=against)
        return Measured(
            NumberTest(operator, 0), self._unit, found.values("contact_id", "measure", "against")
        )

    @property
    def _unit(self) -> MeasureUnit:
        return {
            ComparedStatistic.NUMBER: MeasureUnit.TRANSACTIONS,
            ComparedStatistic.UNITS: MeasureUnit.PIECES,
        }.get(self.statistic, MeasureUnit.MONEY)

    def _shown(self, amount: str, counted: str, when: Q) -> Any:
        total = Cast(self._measure(amount, counted, when), EXACT)
        if self.statistic != ComparedStatistic.AVERAGE:
            return total
        number = NullIf(Count(counted, distinct=True, filter=when), 0)
        return ExpressionWrapper(total / number, output_field=EXACT)

    def _in_windows(self, scope: Scope) -> Query:
        """Rows of either window."""
        rows, _amount, _counted = self._rows(scope)
        if self.window == EVER or self.than == EVER:
            return rows
        return rows.filter(scope.window_q(self.window) | scope.window_q(self.than))

    def matching(self, scope: Scope) -> Query:
        _rows, amount, counted = self._rows(scope)
        rows = self._in_windows(scope)
        now, before = scope.window_q(self.window), scope.window_q(self.than)
        grouped = rows.order_by().values("contact_id")
        # The averages a/n and b/m compare as a·m and b·n: exact, and 0 for what is missing.
        one, other = self._measure(amount, counted, now), self._measure(amount, counted, before)
        if self.statistic == ComparedStatistic.AVERAGE:
            numbers = [Count(counted, distinct=True, filter=q) for q in (now, before)]
            grouped = grouped.alias(numbers_now=numbers[0], numbers_before=numbers[1])
            grouped = grouped.filter(numbers_now__gt=0, numbers_before__gt=0)
            one, other = one * numbers[1], other * numbers[0]
        if self.percent is not None:
            grouped = grouped.alias(other=other).filter(other__gt=0)
        operator, factor = self._bound()
        compared = ratio_q(operator, (factor, None), 100 * one, other, grouped)
        return compared.values("contact_id")

    def _rows(self, scope: Scope) -> tuple[Query, str, str]:
        """Rows in whatever window, with the columns of the amount and of the transaction."""
        if names_lines(self.where) or self.statistic == ComparedStatistic.UNITS:
            lines = lines_of(scope, self.statuses).filter(line_q(self.where, scope))
            units = self.statistic == ComparedStatistic.UNITS
            return lines, "quantity" if units else "amount", "transaction_id"
        purchases = scope.purchases(self.statuses).filter(transaction_q(self.where, scope))
        return purchases, "goods_amount", "pk"

    def _measure(self, amount: str, counted: str, when: Q) -> Any:
        if self.statistic == ComparedStatistic.NUMBER:
            return Count(counted, distinct=True, filter=when)
        return Coalesce(Sum(amount, filter=when), 0)

    def _bound(self) -> tuple[NumberOperator, float]:
        """The test of 100 · one against factor · other."""
        percent = self.percent or 0
        bounds: dict[Comparison, tuple[NumberOperator, float]] = {
            Comparison.LESS: (NumberOperator.LESS_THAN, 100),
            Comparison.MORE: (NumberOperator.MORE_THAN, 100),
            Comparison.PERCENT_LESS: (NumberOperator.AT_MOST, 100 - percent),
            Comparison.PERCENT_MORE: (NumberOperator.AT_LEAST, 100 + percent),
        }
        return bounds[self.comparison]

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        if self.comparison == Comparison.PERCENT_LESS and (self.percent or 0) > 100:
            yield ("percent",), _("Nothing can be less by more than 100 %.")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "percent" and self.percent is not None:
            return f"{say_percent(self.percent)} %"
        if name == "than":
            than: WindowKind | str = self.than
            return say_window(than)
        return super().say_field(name, speech)
