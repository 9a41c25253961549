"""Conditions of SQL over rows that are kept column by column.

What stands here says of each row what PostgreSQL would: true, false, or neither (missing values).
Where that can't be promised, as with numbers that don't fit, `Unanswerable` is raised and the
database is asked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from segments.engine.columns.blocks import Block
from segments.engine.columns.values import (
    Flags,
    Summary,
    Unanswerable,
    Values,
    value_of,
    whole,
)

_FITS = 2**62


@dataclass(frozen=True)
class Truth:
    """Which rows are true and which are false; those that are null: unknown."""

    values: Flags
    nulls: Flags | None = None

    @classmethod
    def of_all(cls, rows: int, *, is_true: bool) -> Truth:
        return cls(np.full(rows, is_true))

    @property
    def true(self) -> Flags:
        return self.values if self.nulls is None else self.values & ~self.nulls

    @property
    def false(self) -> Flags:
        return ~self.values if self.nulls is None else ~(self.values | self.nulls)

    def __invert__(self) -> Truth:
        return Truth(~self.values, self.nulls)

    def __and__(self, other: Truth) -> Truth:
        if self.nulls is None and other.nulls is None:
            return Truth(self.values & other.values)
        true = self.true & other.true
        return Truth(true, ~(true | self.false | other.false))

    def __or__(self, other: Truth) -> Truth:
        if self.nulls is None and other.nulls is None:
            return Truth(self.values | other.values)
        true = self.true | other.true
        return Truth(true, ~(true | (self.false & other.false)))


@dataclass(frozen=True)
class Number:
    """A number a row, or the same for all, between bounds."""

    values: Values | int
    nulls: Flags | None
    low: int
    high: int


# --- What an expression can be ------------------------------------------------------------------


class Expression:
    """A condition, or a number, of each row."""

    def columns(self) -> Iterator[str]:
        """Those it reads."""
        return iter(())

    def decided(self, block: Block, params: Sequence[Any]) -> bool | None:
        """Whether it is true of all rows, or false of all; None: rows have to be read."""
        return None

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        """What it says of each row, if it is a condition."""
        raise Unanswerable

    def number(self, block: Block, params: Sequence[Any]) -> Number:
        """What it comes to for each row, if it is a number."""
        raise Unanswerable


@dataclass(frozen=True)
class ColumnOf(Expression):
    """A column by its name."""

    name: str

    def columns(self) -> Iterator[str]:
        yield self.name

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        column = block.column(self.name)
        if column.summary.kind != "flag":
            raise Unanswerable
        return Truth(column.values.astype(np.bool_), column.nulls)

    def number(self, block: Block, params: Sequence[Any]) -> Number:
        column = block.column(self.name)
        if column.summary.kind not in ("integer", "instant"):
            raise Unanswerable
        low, high = column.summary.low, column.summary.high
        return Number(column.values, column.nulls, low or 0, high or 0)


@dataclass(frozen=True)
class Parameter(Expression):
    """One of the parameters, by its position."""

    position: int

    def number(self, block: Block, params: Sequence[Any]) -> Number:
        value = whole(params[self.position])
        return Number(value, None, value, value)


@dataclass(frozen=True)
class _Pair(Expression):
    """Two sides with a sign between them."""

    sign: str
    left: Expression
    right: Expression

    def columns(self) -> Iterator[str]:
        yield from self.left.columns()
        yield from self.right.columns()


@dataclass(frozen=True)
class Calculation(_Pair):
    """Whole numbers calculated with."""

    def number(self, block: Block, params: Sequence[Any]) -> Number:
        for name in self.columns():
            if block.summary(name).kind != "integer":
                raise Unanswerable
        left, right = self.left.number(block, params), self.right.number(block, params)
        low, high = self._bounds(left, right)
        if max(abs(low), abs(high)) >= _FITS:
            raise Unanswerable
        largest = max(abs(each) for side in (left, right) for each in (side.low, side.high))
        dtype = np.int32 if max(largest, abs(low), abs(high)) < 2**31 else np.int64
        sides = (_as(side.values, dtype) for side in (left, right))
        values = _CALCULATIONS[self.sign](*sides)
        return Number(values, _either(left.nulls, right.nulls), low, high)

    def _bounds(self, left: Number, right: Number) -> tuple[int, int]:
        if self.sign == "&":
            if min(left.low, right.low) < 0:
                raise Unanswerable
            return 0, min(left.high, right.high)
        calculate = _CALCULATIONS[self.sign]
        ends = [calculate(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
        return min(ends), max(ends)


@dataclass(frozen=True)
class Comparison(_Pair):
    """Two sides compared."""

    def decided(self, block: Block, params: Sequence[Any]) -> bool | None:
        if not isinstance(self.left, ColumnOf) or not isinstance(self.right, Parameter):
            return None
        summary = block.summary(self.left.name)
        low, high = summary.low, summary.high
        is_ordered = summary.kind != "choice" or self.sign == "="
        if summary.has_nulls or low is None or high is None or not is_ordered:
            return None
        value = value_of(params[self.right.position], summary)
        if self.sign == "=":
            return _all_or_none(low == high == value, value < low or value > high)
        compare = _COMPARISONS[self.sign]
        at_ends = {bool(compare(low, value)), bool(compare(high, value))}
        return at_ends.pop() if len(at_ends) == 1 else None

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        left, right = self._sides(block, params)
        found = np.asarray(_COMPARISONS[self.sign](left.values, right.values))
        return Truth(np.broadcast_to(found, (block.rows,)), _either(left.nulls, right.nulls))

    def _sides(self, block: Block, params: Sequence[Any]) -> tuple[Number, Number]:
        if isinstance(self.left, ColumnOf) and isinstance(self.right, Parameter):
            column = block.column(self.left.name)
            value = value_of(params[self.right.position], column.summary)
            if column.summary.kind == "choice" and self.sign != "=":
                raise Unanswerable
            low, high = column.summary.low or 0, column.summary.high or 0
            return (
                Number(column.values, column.nulls, low, high),
                Number(value, None, value, value),
            )
        if len({block.summary(name).kind for name in self.columns()}) != 1:
            raise Unanswerable
        return self.left.number(block, params), self.right.number(block, params)


@dataclass(frozen=True)
class AnyOf(Expression):
    """Whether a column is one of some parameters."""

    name: str
    positions: tuple[int, ...]

    def columns(self) -> Iterator[str]:
        yield self.name

    def decided(self, block: Block, params: Sequence[Any]) -> bool | None:
        summary = block.summary(self.name)
        if summary.has_nulls or summary.low is None or summary.high is None:
            return None
        wanted = self._wanted(summary, params)
        within = [each for each in wanted if summary.low <= each <= summary.high]
        is_all = summary.high - summary.low < len(wanted) and all(
            each in wanted for each in range(summary.low, summary.high + 1)
        )
        return _all_or_none(is_all, not within)

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        column = block.column(self.name)
        found = np.zeros(block.rows, dtype=np.bool_)
        for each in self._wanted(column.summary, params):
            found |= column.values == each
        return Truth(found, column.nulls)

    def _wanted(self, summary: Summary, params: Sequence[Any]) -> set[int]:
        return {value_of(params[position], summary) for position in self.positions}


@dataclass(frozen=True)
class IsNull(Expression):
    """Whether a column has no value."""

    name: str

    def columns(self) -> Iterator[str]:
        yield self.name

    def decided(self, block: Block, params: Sequence[Any]) -> bool | None:
        summary = block.summary(self.name)
        return _all_or_none(summary.low is None, not summary.has_nulls)

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        nulls = block.column(self.name).nulls
        found = np.zeros(block.rows, dtype=np.bool_) if nulls is None else nulls
        return Truth(found)


@dataclass(frozen=True)
class Not(Expression):
    """The contrary; what is unknown stays so."""

    inner: Expression

    def columns(self) -> Iterator[str]:
        yield from self.inner.columns()

    def decided(self, block: Block, params: Sequence[Any]) -> bool | None:
        inner = self.inner.decided(block, params)
        return None if inner is None else not inner

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        return ~self.inner.truth(block, params)


@dataclass(frozen=True)
class _Parts(Expression):
    """Several conditions."""

    parts: tuple[Expression, ...]

    def columns(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.columns()


@dataclass(frozen=True)
class Every(_Parts):
    """Every part."""

    def decided(self, block: Block, params: Sequence[Any]) -> bool | None:
        found = [part.decided(block, params) for part in self.parts]
        return _all_or_none(all(each is True for each in found), False in found)

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        open_parts = (each for each in self.parts if each.decided(block, params) is not True)
        found = [each.truth(block, params) for each in open_parts]
        return reduce(operator.and_, found) if found else Truth.of_all(block.rows, is_true=True)


@dataclass(frozen=True)
class Either(_Parts):
    """At least one part."""

    def decided(self, block: Block, params: Sequence[Any]) -> bool | None:
        found = [part.decided(block, params) for part in self.parts]
        return _all_or_none(True in found, all(each is False for each in found))

    def truth(self, block: Block, params: Sequence[Any]) -> Truth:
        open_parts = (each for each in self.parts if each.decided(block, params) is not False)
        found = [each.truth(block, params) for each in open_parts]
        return reduce(operator.or_, found) if found else Truth.of_all(block.rows, is_true=False)


def _all_or_none(is_all: bool, is_none: bool) -> bool | None:
    if is_all:
        return True
    return False if is_none else None


def _either(left: Flags | None, right: Flags | None) -> Flags | None:
    if left is None or right is None:
        return right if left is None else left
    return left | right


def _as(values: Values | int, dtype: Any) -> Values | int:
    return values if isinstance(values, int) else values.astype(dtype, copy=False)


_CALCULATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
