"""What an answer about a contact rests on: the rows behind it, and a number beside its threshold.

Both come from the querysets criteria make to answer everybody, so that they can't tell another
story than the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Aggregate, Count, Model, QuerySet, Sum, Value
from django.db.models.sql.where import WhereNode

from segments.criteria.values import NumberTest


class MeasureUnit(StrEnum):
    """What a measured number is a number of, in storage units."""

    FACTS = "facts"  # rows of the kind counted: visits, activities, …
    TRANSACTIONS = "transactions"
    LINES = "lines"
    THINGS = "things"  # different products, days, …
    MONEY = "money"  # minor units of the base currency
    PIECES = "pieces"  # thousandths
    DURATION = "duration"  # seconds, shown as days
    DAYS = "days"
    YEARS = "years"
    PERCENT = "percent"
    SHARE = "share"  # a fraction of 1, shown as per cent
    PLACES = "places"  # positions in a ranking, 1 the first
    VALUE = "value"  # of an attribute


# Numbers of what happened: without time passing they only grow.
_HAPPENED = (
    MeasureUnit.FACTS,
    MeasureUnit.TRANSACTIONS,
    MeasureUnit.LINES,
    MeasureUnit.THINGS,
    MeasureUnit.PIECES,
    MeasureUnit.MONEY,
)

# Numbers of these come in whole storage units.
_WHOLE = frozenset(MeasureUnit) - {
    MeasureUnit.VALUE,
    MeasureUnit.PERCENT,
    MeasureUnit.SHARE,
    MeasureUnit.DURATION,
}


@dataclass(frozen=True)
class Measured:
    """A number of a contact's, and what it is compared with; all in storage units.

    `found` delivers rows of `contact_id` and `measure` (and `against`, where what it is compared
    with is the contact's own); None: the number is how many rows of evidence there are. A contact
    without rows has `of_nothing`, or no number at all. `weight`: what each row of evidence adds
    to the number, where it is a plain sum.
    """

    test: NumberTest
    unit: MeasureUnit
    found: QuerySet[Any] | None = None
    of_nothing: int | None = 0
    weight: Any = None

    def against(self, threshold: Decimal) -> Measured:
        """The same, compared with the contact's own number."""
        return replace(self, test=replace(self.test, value=threshold))

    def missing(self, number: Decimal) -> Decimal | None:
        """The smallest change of the number that flips the comparison; None: none does."""
        passes = self.test.passes(number)
        flipping = [
            candidate - number
            for candidate in self._near()
            if self.test.passes(candidate) != passes and self._exists(candidate)
        ]
        return min(flipping, key=abs, default=None)

    def undoes(self, number: Decimal) -> bool:
        """Whether only less of what has happened flips the comparison."""
        missing = self.missing(number)
        return missing is not None and missing < 0 and self.unit in _HAPPENED

    def _near(self) -> Iterator[Decimal]:
        """Numbers at and next to the ends of the comparison."""
        step = Decimal(1) if self.unit in _WHOLE else Decimal("0.01")
        if self.unit == MeasureUnit.SHARE:
            step = Decimal("0.0001")
        for end in (self.test.value, self.test.upper):
            if end is not None:
                exact = Decimal(str(end))
                if self.unit not in _WHOLE:
                    yield exact
                for rounding in (ROUND_FLOOR, ROUND_CEILING):
                    grid = (exact / step).to_integral_value(rounding) * step
                    yield from (grid - step, grid, grid + step)

    def _exists(self, number: Decimal) -> bool:
        lowest = 1 if self.unit == MeasureUnit.PLACES else 0
        may_be_negative = self.unit in (MeasureUnit.MONEY, MeasureUnit.VALUE)
        return may_be_negative or number >= lowest


def measure(rows: Any, statistic: Any) -> QuerySet[Any]:
    """The statistic over a contact's rows, for `Measured.found`."""
    measured: QuerySet[Any] = rows.order_by().values("contact_id").annotate(measure=statistic)
    return measured.values("contact_id", "measure")


def weight_of(statistic: Any) -> Any:
    """What each row adds to the statistic; None where it isn't a plain sum or count of rows."""
    if not isinstance(statistic, Aggregate) or getattr(statistic, "distinct", False):
        return None
    if isinstance(statistic, Count):
        return Value(1)
    return statistic.get_source_expressions()[0] if isinstance(statistic, Sum) else None


def instant_column(model: type[Model]) -> str:
    """The column that says when a row of the table happened or began."""
    names = {field.name for field in model._meta.get_fields()}
    return next(
        name for name in ("occurred_at", "sent_at", "valid_from", "known_since") if name in names
    )


def rows_behind(queryset: QuerySet[Any]) -> tuple[QuerySet[Any], ...]:
    """The rows a queryset of contact ids was made of, before they were grouped and compared.

    What is left are its conditions on rows; those on sums, counts and ranks are dropped.
    """
    query = queryset.query
    if query.combinator:
        parts: list[QuerySet[Any]] = [
            QuerySet(part.model, query=part.chain()) for part in query.combined_queries
        ]
        return tuple(rows for part in parts for rows in rows_behind(part))
    rows: QuerySet[Any] = QuerySet(query.model, query=query.chain())
    plain = rows.query
    is_grouped = plain.group_by is not None
    where, _having, _ranks = plain.where.split_having_qualify(must_group_by=is_grouped)
    plain.where = where if where is not None else WhereNode()
    plain.group_by = None
    plain.set_annotation_mask(())
    plain.clear_ordering(force=True)
    return (rows,)
