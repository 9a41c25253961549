"""What a criterion compares, apart from what it is compared with.

A queryset of contacts that came from comparing a sum or a number of rows carries its measure, so
that whoever keeps the measured numbers can answer another threshold without asking again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Sum

from segments.criteria.values import NumberTest

# A queryset; of annotated values the stubs can't tell the type.
Query = Any


@dataclass(frozen=True)
class Measure:
    """Rows of contacts whose values, or (None) whose number, are summed by contact and compared."""

    rows: Query
    value: Any | None
    test: NumberTest
    keeps_failing: bool  # the queryset has the contacts that fail the test

    def numbers(self) -> Query:
        """A row for each to be summed: the contact and the value, or only the contact."""
        plain = self.rows.order_by()
        if self.value is None:
            return plain.values_list("contact_id")
        return plain.annotate(measured=self.value).values_list("contact_id", "measured")


def with_measure(found: Query, rows: Query, statistic: Any, test: NumberTest, fails: bool) -> Query:
    """The queryset `found`, told what it was compared by if that is a plain sum or count."""
    if not getattr(statistic, "filter", None) and not getattr(statistic, "distinct", False):
        source = statistic.get_source_expressions()[0] if _is_plain(statistic) else None
        if type(statistic) is Sum:
            found.measure = Measure(rows, source, test, fails)
        elif type(statistic) is Count and source == F("pk"):
            found.measure = Measure(rows, None, test, fails)
    return found


def _is_plain(statistic: Any) -> bool:
    return type(statistic) in (Sum, Count)


def measure_of(queryset: Query) -> Measure | None:
    """What the queryset was compared by; None where that isn't known."""
    measure: Measure | None = getattr(queryset, "measure", None)
    return measure
