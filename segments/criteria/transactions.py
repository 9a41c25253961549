"""What a contact bought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import Any

from django.db.models import Count, F, Q, Sum, TextChoices
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.agreeing import Agreeing, agreeing
from segments.criteria.base import Family, Speech, criterion
from segments.criteria.evidence import Measured, MeasureUnit
from segments.criteria.purchase_conditions import (
    LineConditions,
    PurchaseConditions,
    line_q,
    measures_in,
    names_lines,
    say_conditions,
    selecting,
    transaction_q,
)
from segments.criteria.purchases import (
    ConditionScope,
    Query,
    TestedStatistic,
    UpperCount,
    lines_of,
)
from segments.criteria.scope import Scope
from segments.criteria.values import Count as CountValue
from segments.criteria.values import NumberOperator
from segments.criteria.windows import EVER, Window


class CountedUnit(TextChoices):
    """What is counted."""

    TRANSACTIONS = "transactions", gettext_lazy("transactions")
    LINES = "lines", gettext_lazy("lines")


# As they stand after a number.
_COUNTED: dict[CountedUnit, Agreeing] = {
    CountedUnit.TRANSACTIONS: agreeing("transaction", "transactions"),
    CountedUnit.LINES: agreeing("line", "lines"),
}

# Of nothing these sums are 0, and of lines without a known cost the margin is.
_SUMS: dict[str, Any] = {
    "amount": Sum("amount"),
    "quantity": Sum("quantity"),
    "margin": Coalesce(Sum(F("amount") - F("cost")), 0),
}


@criterion
class Bought(TestedStatistic):
    """Bought things that meet the conditions, so many times.

    Conditions on what a line is bind to one and the same line. Amounts, quantities and margins
    are measured as the scope says: on that line, on the sum of such lines in one transaction, or
    on the sum of all such lines in the window. "Exactly 0 times" is who never did.
    """

    key = "transactions.bought"
    label = gettext_lazy("Bought")
    help = gettext_lazy("Products, brands, categories and other things bought")
    family = Family.TRANSACTIONS
    icon = "package"
    measure_unit = MeasureUnit.TRANSACTIONS
    phrase = gettext_lazy(
        "bought {where} {scope} {together_with} in {operator} {number} {upper} {unit}"
        " {window} {statuses}"
    )
    examples = (
        {"where": [{"field": "product", "values": ["P-1", "P-2"]}]},
        {
            "where": [
                {"field": "brand", "values": ["Nordica"]},
                {"field": "amount", "operator": "more_than", "value": "300.00"},
            ],
            "window": {"last": 6, "unit": "months"},
        },
        {
            "where": [
                {"field": "category", "values": ["Ski boots"]},
                {"field": "quantity", "operator": "at_least", "value": 2},
                {"field": "coupon", "values": ["NARTY10"]},
            ],
            "scope": "in_line",
        },
        {
            "where": [
                {"field": "brand", "operator": "none_of", "values": ["Salewa"]},
                {"field": "amount", "operator": "between", "value": "50.00", "upper": "200.00"},
                {"field": "margin", "operator": "at_least", "value": "10.00"},
            ],
            "scope": "in_transaction",
            "operator": "at_least",
            "number": 2,
        },
        {
            "where": [{"field": "property", "property": "size", "values": ["42", "L"]}],
            "operator": "exactly",
            "number": 0,
        },
        {
            "where": [
                {
                    "field": "property_number",
                    "property": "size",
                    "operator": "more_than",
                    "value": 40,
                },
            ],
            "unit": "lines",
            "operator": "at_least",
            "number": 2,
        },
        {
            "where": [{"field": "product", "values": ["P-1"]}],
            "together_with": [{"field": "product", "values": ["P-2"]}],
        },
        {
            "where": [
                {"field": "name", "operator": "contains", "values": ["ski"]},
                {"field": "sales_channel", "operator": "none_of", "values": ["store"]},
                {"field": "transaction_amount", "operator": "at_least", "value": "100.00"},
            ],
        },
        {
            "where": [
                {"field": "brand", "values": ["Nordica"]},
                {"field": "amount", "operator": "at_most", "value": "100.00"},
            ],
            "operator": "at_most",
            "number": 3,
            "window": {"calendar": "this_year"},
        },
        {
            "where": [{"field": "coupon", "operator": "has_value"}],
            "operator": "between",
            "number": 1,
            "upper": 2,
            "statuses": ["paid", "fulfilled", "pending"],
        },
    )

    where: PurchaseConditions = Field(default_factory=list)
    scope: ConditionScope = ConditionScope.ALTOGETHER
    together_with: LineConditions = Field(default_factory=list)
    operator: NumberOperator = NumberOperator.AT_LEAST
    number: CountValue = 1
    upper: UpperCount = None
    unit: CountedUnit = CountedUnit.TRANSACTIONS
    window: Window = EVER

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        of_lines = names_lines(self.where) or self.together_with
        if not of_lines and self.unit == CountedUnit.TRANSACTIONS:
            purchases = self.purchases(scope).filter(transaction_q(self.where, scope))
            return purchases, Count("pk")
        lines = self._selected(scope)
        measures = measures_in(self.where)
        if measures and self.scope == ConditionScope.IN_LINE:
            lines = lines.filter(line_q(measures, scope))
        if measures and self.scope == ConditionScope.IN_TRANSACTION:
            sums = lines.order_by().values("transaction_id").alias(**_SUM_ALIASES)
            passing = sums.filter(self._measured(scope)).values("transaction_id")
            lines = lines.filter(transaction_id__in=passing)
        return lines, self._number()

    def matching(self, scope: Scope) -> Query:
        if self._adds_up:
            return self._altogether(self._selected(scope), scope)
        if self.operator == NumberOperator.AT_LEAST and self.number == 1:
            return self.rows_and_statistic(scope)[0].values("contact_id")
        return super().matching(scope)

    def measured(self, scope: Scope) -> Measured | None:
        if self._adds_up:
            return None  # several numbers decide together
        found = super().measured(scope)
        is_of_lines = self.unit == CountedUnit.LINES
        return found and replace(found, unit=MeasureUnit.LINES if is_of_lines else found.unit)

    @property
    def _adds_up(self) -> bool:
        """Whether amounts are of all lines in the window together."""
        return self.scope == ConditionScope.ALTOGETHER and bool(measures_in(self.where))

    @property
    def negated(self) -> bool:
        measures = measures_in(self.where) if self._adds_up else []
        return self.passes_zero() and all(measure.passes_zero() for measure in measures)

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        if self.together_with and measures_in(self.together_with):
            yield (
                ("together_with",),
                _("Amounts and quantities belong to the first conditions."),
            )

    def _number(self) -> Count:
        if self.unit == CountedUnit.LINES:
            return Count("pk")
        return Count("transaction_id", distinct=True)

    def _selected(self, scope: Scope) -> Query:
        """Lines that are of the kind asked for, whatever was paid for them."""
        lines = self.lines(scope).filter(line_q(selecting(self.where), scope))
        if self.together_with:
            others = lines_of(scope, self.statuses).filter(line_q(self.together_with, scope))
            lines = lines.filter(transaction_id__in=others.values("transaction_id"))
        return lines

    def _altogether(self, lines: Query, scope: Scope) -> Any:
        """The count and every sum over all lines of the contact pass."""
        grouped = lines.order_by().values("contact_id").alias(number=self._number(), **_SUM_ALIASES)
        test = self.test(scope)
        if self.negated:
            failing = test.fails_q("number") | self._measured(scope, fails=True)
            return grouped.filter(failing).values("contact_id")
        return grouped.filter(test.q("number") & self._measured(scope)).values("contact_id")

    def _measured(self, scope: Scope, *, fails: bool = False) -> Q:
        tests = [
            (measure.test(scope), f"{measure.column}_sum") for measure in measures_in(self.where)
        ]
        if fails:
            return reduce(lambda a, b: a | b, (test.fails_q(column) for test, column in tests))
        return reduce(lambda a, b: a & b, (test.q(column) for test, column in tests))

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "where" and not self.where:
            return _("anything")
        if name == "together_with" and self.together_with:
            others = say_conditions(self.together_with, speech)
            return _("together with a line where {conditions}").format(conditions=others)
        if name == "where":
            what = say_conditions(self.where, speech)
            return _("things where {conditions}").format(conditions=what)
        if name == "unit":
            return _COUNTED[self.unit].with_number(self.said_number)
        return super().say_field(name, speech)


_SUM_ALIASES = {f"{name}_sum": aggregate for name, aggregate in _SUMS.items()}
