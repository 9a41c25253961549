"""How long something held: PostgreSQL's unions of ranges over rows with validity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Aggregate, BooleanField, DateTimeField, F, Func, Q, QuerySet, Value

_RANGE = DateTimeRangeField()
_INSTANT = DateTimeField()


class RangeUnion(Aggregate):
    """The union of ranges."""

    function = "range_agg"
    output_field = _RANGE


class ContainsRange(Func):
    """Whether the first range contains the second."""

    template = "(%(expressions)s)"
    arg_joiner = " @> "
    output_field = BooleanField()


def held_throughout(rows: QuerySet[Any], start: datetime, end: datetime) -> QuerySet[Any]:
    """Contact ids for whom these rows, one after the other, held from `start` to `end`."""
    held = RangeUnion(Func(F("valid_from"), F("valid_to"), function="tstzrange"))
    period = Func(
        Value(start, output_field=_INSTANT),
        Value(end, output_field=_INSTANT),
        Value("[]"),
        function="tstzrange",
        output_field=_RANGE,
    )
    covered = rows.values("contact_id").annotate(is_held=ContainsRange(held, period))
    return covered.filter(is_held=True).values("contact_id")  # type: ignore[no-any-return]


def held_at_all(rows: QuerySet[Any], start: datetime) -> QuerySet[Any]:
    """Rows that held at some time from `start` on."""
    return rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=start))
