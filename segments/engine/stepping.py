"""Numbers of rows brought from one instant to another by the rows that time takes in or out.

A window that moves by a day exchanges a day's rows at each of its ends: they are read, and the
others are not read again. Only for leaves that are one selection of one table, and count its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from segments.criteria.measures import Combining, Comparison
from segments.criteria.values import NumberOperator, NumberTest
from segments.engine.questions import Asked, compared_columns, is_indexed_by_time, is_one_select
from segments.engine.vectors import Vector

MOST_STEP = timedelta(days=2)  # with longer ones most rows are exchanged
MOST_RANGES = 6

_NOT_PLAIN = (" GROUP BY ", "DISTINCT", " UNION ", " JOIN ", " OVER ", " LIMIT ")

# A leaf that doesn't compare numbers finds whoever has a row.
ANY_ROW = Comparison(
    NumberTest(NumberOperator.AT_LEAST, 1), False, Combining.SUMMED, False, reads_more=False
)


@dataclass(frozen=True)
class Range:
    """Rows of which a column's instant lies in `[first, last]`."""

    column: str  # quoted, of our own models
    first: Any
    last: Any


@dataclass(frozen=True)
class Step:
    """The rows near the moved instants, as they counted then and as they count now."""

    then: tuple[Asked, ...]
    now: tuple[Asked, ...]

    def parts(self, name: str) -> Iterator[tuple[str, Asked]]:
        """What is to be read, by names of its own."""
        for side, questions in (("then", self.then), ("now", self.now)):
            for number, question in enumerate(questions):
                yield f"{name} {side} {number}", question

    def taken(self, name: str, before: Vector, read: Mapping[str, Vector]) -> Vector:
        """The numbers now, from those then and what was read."""
        rows = np.zeros(_size(before, *read.values()), dtype=np.int64)
        rows[before.numbers] = before.values
        for part, _ in self.parts(name):
            sign = 1 if part.startswith(f"{name} now") else -1
            rows[read[part].numbers] += sign * read[part].values
        numbers = np.flatnonzero(rows)
        return Vector(numbers.astype(np.int32), rows[numbers])


def _size(*vectors: Vector) -> int:
    return max((int(each.numbers.max()) + 1 for each in vectors if each.numbers.size), default=0)


def rows_counted(asked: Asked) -> Asked | None:
    """The leaf's rows, where it finds whoever has one."""
    is_plain = asked.comparison is None and _is_plain(asked)
    return replace(asked, comparison=ANY_ROW) if is_plain else None


def step_between(then: Asked, now: Asked) -> Step | None:
    """From the rows a leaf counted at one instant to those at another; None where that can't be
    told by ranges that have an index."""
    if then.sql != now.sql or len(then.moments) != len(now.moments) or not _is_plain(now):
        return None
    ranges: list[Range] = []
    for before, after, column in zip(then.moments, now.moments, compared_columns(now), strict=True):
        if before == after:
            continue
        if column is None or type(before) is not type(after) or not is_indexed_by_time(column):
            return None
        quoted = f'"{column[0]}"."{column[1]}"'
        found = Range(quoted, min(before, after), max(before, after))
        if found not in ranges:
            ranges.append(found)
    if len(ranges) > MOST_RANGES:
        return None
    return Step(
        tuple(_near(then, ranges, number) for number in range(len(ranges))),
        tuple(_near(now, ranges, number) for number in range(len(ranges))),
    )


def _is_plain(asked: Asked) -> bool:
    """Whether another condition can stand behind those it has, and each row counts as one."""
    sql, comparison = asked.sql or "", asked.comparison
    counts = comparison is None or (
        comparison.combining == Combining.SUMMED and not comparison.has_values
    )
    if not counts or not sql.endswith(")") or not is_one_select(sql) or len(asked.tables) != 1:
        return False
    return not any(word in sql for word in _NOT_PLAIN)


def _near(asked: Asked, ranges: list[Range], number: int) -> Asked:
    """The rows in one of the ranges and in none before it, so that each is read once."""
    sql = f"{asked.sql} AND {ranges[number].column} BETWEEN %s AND %s"
    params = [*asked.params, ranges[number].first, ranges[number].last]
    for other in ranges[:number]:
        sql += f" AND ({other.column} BETWEEN %s AND %s) IS NOT TRUE"
        params += [other.first, other.last]
    return replace(asked, sql=sql, params=tuple(params))
