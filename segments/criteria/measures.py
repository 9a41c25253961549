"""What a criterion compares, apart from what it is compared with.

A queryset of contacts that came from comparing numbers carries its measure, so that whoever keeps
the measured numbers can answer another threshold without asking again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from django.db.models import BigIntegerField, Count, F, Sum, Value

from segments.criteria.values import NumberTest

# A queryset; of annotated values the stubs can't tell the type.
Query = Any

_ONE = Value(1, output_field=BigIntegerField())


class Combining(Enum):
    """How a contact's rows become what is compared."""

    SUMMED = "summed"  # whole numbers, added up
    RATIO = "ratio"  # the same of two columns: the first for each of the second
    EACH = "each"  # every row by itself; any number


@dataclass(frozen=True)
class Comparison:
    """What measured numbers are compared with, in the units of storage."""

    test: NumberTest
    keeps_failing: bool  # the contacts meant are those who fail the test
    combining: Combining
    has_values: bool  # rows have a value each; else they are counted
    # Whether measuring everybody reads more rows than asking who passes.
    reads_more: bool


@dataclass(frozen=True)
class Measure:
    """Rows of contacts whose values, or (None) whose number, are combined by contact and compared.

    `totals` are rows of other contacts that were combined already: contact, value and, of a
    ratio, what the value is divided by.
    """

    rows: Query
    value: Any | None
    test: NumberTest
    keeps_failing: bool = False  # the queryset has the contacts that fail the test
    combining: Combining = Combining.SUMMED
    totals: Query | None = None

    @property
    def comparison(self) -> Comparison:
        is_each = self.combining == Combining.EACH
        reads_more = is_each or self.totals is not None
        return Comparison(
            self.test, self.keeps_failing, self.combining, self.has_values, reads_more
        )

    @property
    def has_values(self) -> bool:
        """Whether rows have a value; else each counts as one."""
        return self.value is not None or self.totals is not None

    def numbers(self) -> Query:
        """A row for each to be combined: the contact, its value, and what that is divided by."""
        plain = self.rows.order_by()
        if not self.has_values:
            return plain.values_list("contact_id")
        plain = plain.annotate(measured=_ONE if self.value is None else self.value)
        columns = ["contact_id", "measured"]
        if self.combining == Combining.RATIO:
            plain = plain.annotate(divided_by=_ONE)
            columns.append("divided_by")
        numbers = plain.values_list(*columns)
        return numbers if self.totals is None else self.totals.union(numbers, all=True)

    def with_totals(self, totals: Query, other: Comparison) -> Measure | None:
        """The measure of these rows and of others' totals; None where they aren't the same."""
        both = replace(self, totals=totals)
        return both if both.comparison == other else None


def with_measure(found: Query, rows: Query, statistic: Any, test: NumberTest, fails: bool) -> Query:
    """The queryset `found`, told what it was compared by if that is a plain sum or count."""
    if not getattr(statistic, "filter", None) and not getattr(statistic, "distinct", False):
        source = statistic.get_source_expressions()[0] if _is_plain(statistic) else None
        if type(statistic) is Sum:
            found.measure = Measure(rows, source, test, fails)
        elif type(statistic) is Count and source == F("pk"):
            found.measure = Measure(rows, None, test, fails)
    return found


def with_number(found: Query, rows: Query, test: NumberTest, fails: bool) -> Query:
    """The same where the rows of several tables are counted together."""
    found.measure = Measure(rows, None, test, fails)
    return found


def with_ratio(found: Query, rows: Query, value: str, number: Any, test: NumberTest) -> Query:
    """The same for the average of a column, where each row counts as one."""
    is_narrowed = getattr(number, "filter", None) or getattr(number, "distinct", False)
    if not is_narrowed and number.get_source_expressions()[0] == F("pk"):
        found.measure = Measure(rows, F(value), test, combining=Combining.RATIO)
    return found


def with_each(found: Query, rows: Query, column: str, test: NumberTest) -> Query:
    """The same where every row is compared by itself."""
    found.measure = Measure(rows, F(column), test, combining=Combining.EACH)
    return found


@dataclass(frozen=True)
class Totals:
    """Numbers that stand combined in one row a contact, and what they were compared with."""

    columns: Query  # contact, value and, of a ratio, divisor
    comparison: Comparison


def with_totals(
    found: Query, rows: Query, columns: tuple[str, ...], test: NumberTest, fails: bool
) -> Query:
    """The rows `found` among `rows`, told which columns were compared."""
    combining = Combining.RATIO if len(columns) > 1 else Combining.SUMMED
    comparison = Comparison(test, fails, combining, has_values=True, reads_more=True)
    found.totals = Totals(rows.values_list("contact_id", *columns), comparison)
    return found


def with_measure_of_both(found: Query, kept: Query, rest: Query) -> Query:
    """The union `found`, told what both of its parts were compared by if that is the same."""
    totals: Totals | None = getattr(kept, "totals", None)
    measure = measure_of(rest)
    if totals is not None and measure is not None:
        found.measure = measure.with_totals(totals.columns, totals.comparison)
    return found


def _is_plain(statistic: Any) -> bool:
    return type(statistic) in (Sum, Count)


def measure_of(queryset: Query) -> Measure | None:
    """What the queryset was compared by; None where that isn't known."""
    measure: Measure | None = getattr(queryset, "measure", None)
    return measure
