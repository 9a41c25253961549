"""Numbers measured for each contact, so that another threshold needs no question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.criteria.measures import Combining, Comparison
from segments.criteria.values import NumberOperator
from segments.engine.positions import Position
from segments.engine.sets import ContactSet

Numbers = npt.NDArray[np.int32]
Values = npt.NDArray[Any]  # int64, float64, or exact Python integers where those are too small

_FITS = 2**62
_EXACT = 2**53  # floating point numbers are whole numbers up to here
WORTH_SPREADING = 4  # with a number for every fourth contact or more


@dataclass(frozen=True, eq=False)
class Vector:
    """Numbers of contacts that have any, in the units of storage.

    Of what is combined by contact each stands here once; of a ratio `divisors` stand beside.
    With `present`, values stand by contact number, and it says which of them are anybody's.
    """

    numbers: Numbers  # of contacts, one for each value
    values: Values
    divisors: Values | None = None
    present: ContactSet | None = None

    @classmethod
    def combined(
        cls,
        numbers: Numbers,
        values: Values | None,
        divisors: Values | None,
        combining: Combining,
    ) -> Vector:
        """From a number (and a value) a row, in any order; without values rows are counted."""
        if combining == Combining.EACH:
            return cls(numbers, np.zeros(0) if values is None else values)
        rows = _rows(numbers)
        found = np.flatnonzero(rows > 0)
        totals = rows if values is None else _summed(numbers, values, rows.size)
        return cls(
            found.astype(np.int32),
            totals[found],
            None if divisors is None else _summed(numbers, divisors, rows.size)[found],
        )

    @classmethod
    def summed(
        cls, workspace_id: int, numbers: Numbers, values: Values | None, divisors: Values | None
    ) -> Vector:
        """The same by contact number."""
        rows = _rows(numbers)
        return cls(
            np.zeros(0, dtype=np.int32),
            rows if values is None else _summed(numbers, values, rows.size),
            None if divisors is None else _summed(numbers, divisors, rows.size),
            ContactSet.from_flags(workspace_id, rows > 0),
        )

    def matching(self, comparison: Comparison, workspace_id: int) -> ContactSet:
        """The contacts whose numbers are asked for."""
        passes = self._passes(comparison)
        chosen = ~passes if comparison.keeps_failing else passes
        if self.present is not None:
            return ContactSet.from_flags(workspace_id, chosen) & self.present
        return ContactSet.from_numbers(workspace_id, self.numbers[chosen])

    def spread(self, workspace_id: int) -> Vector:
        """The same by contact number, where so many have one that this is smaller and quicker."""
        size = int(self.numbers.max()) + 1 if self.numbers.size else 0
        present = ContactSet.from_numbers(workspace_id, self.numbers)
        if self.numbers.size * WORTH_SPREADING < size or len(present) < self.numbers.size:
            return self
        values = np.zeros(size, dtype=self.values.dtype)
        values[self.numbers] = self.values
        divisors = None
        if self.divisors is not None:
            divisors = np.ones(size, dtype=self.divisors.dtype)
            divisors[self.numbers] = self.divisors
        return Vector(np.zeros(0, dtype=np.int32), values, divisors, present)

    @cached_property
    def _largest(self) -> tuple[int, int]:
        """Of values and of divisors, without their signs."""
        return _largest(self.values), 0 if self.divisors is None else _largest(self.divisors)

    def _passes(self, comparison: Comparison) -> npt.NDArray[np.bool_]:
        test = comparison.test
        if self.divisors is None:
            return _tested(test.operator, self.values, test.value, test.upper)
        over_value = self._over(self.divisors, test.value)
        if test.operator != NumberOperator.BETWEEN:
            return _tested(test.operator, over_value, 0)
        over_upper = self._over(self.divisors, test.upper)
        at_least = _tested(NumberOperator.AT_LEAST, over_value, 0)
        return at_least & _tested(NumberOperator.AT_MOST, over_upper, 0)

    def _over(self, divisors: Values, threshold: Any) -> Values:
        """How far value / divisor is above a threshold, times something positive.

        Divisors are positive; what is too large for 64 bits is worked out exactly, only slower.
        """
        exact = Fraction(threshold)
        top, bottom = exact.numerator, exact.denominator
        value, divisor = self._largest
        values = self.values
        if value * bottom + max(1, divisor) * abs(top) >= _FITS or bottom >= _FITS:
            values, divisors = values.astype(object), divisors.astype(object)
        over: Values = values * bottom - divisors * top
        return over

    def narrowed(self) -> Vector:
        """The same in fewer bytes, where values are only compared."""
        if self.divisors is not None or self.values.dtype != np.int64 or not self.values.size:
            return self
        low, high = int(self.values.min()), int(self.values.max())
        for narrow in (np.int8, np.int16, np.int32):
            if np.iinfo(narrow).min <= low and high <= np.iinfo(narrow).max:
                return replace(self, values=self.values.astype(narrow))
        return self

    @property
    def is_storable(self) -> bool:
        """Whether 64 bits hold every number."""
        return self.values.dtype != object and not np.isnan(self.values).any()

    @property
    def size(self) -> int:
        """Bytes in memory."""
        arrays = (self.numbers, self.values, self.divisors)
        return sum(int(each.nbytes) for each in arrays if each is not None)

    def to_bytes(self) -> bytes:
        """The values, and the divisors after them."""
        divisors = b"" if self.divisors is None else self.divisors.tobytes()
        return self.values.tobytes() + divisors

    @classmethod
    def from_bytes(
        cls, numbers: bytes | memoryview, totals: bytes | memoryview, combining: Combining
    ) -> Vector:
        """From what was stored; `combining` is part of the question, so it is the same."""
        kind = np.float64 if combining == Combining.EACH else np.int64
        values = np.frombuffer(totals, dtype=kind)
        contacts = np.frombuffer(numbers, dtype=np.int32)
        if combining != Combining.RATIO:
            return cls(contacts, values)
        return cls(contacts, values[: contacts.size], values[contacts.size :])


def _rows(numbers: Numbers) -> npt.NDArray[np.int64]:
    """How many there are, by contact number."""
    rows = np.bincount(numbers) if numbers.size else np.zeros(0, dtype=np.int64)
    return rows.astype(np.int64, copy=False)


def _summed(numbers: Numbers, values: Values, size: int) -> Values:
    """By contact number. Exact however large the sums."""
    bound = _largest(values) * values.size
    if bound < _EXACT:
        return np.bincount(numbers, weights=values, minlength=size).astype(np.int64)
    fits = bound < _FITS
    totals: Values = np.zeros(size, dtype=np.int64 if fits else object)
    np.add.at(totals, numbers, values if fits else values.astype(object))
    return totals


def _largest(values: Values) -> int:
    return max(abs(int(values.max())), abs(int(values.min()))) if values.size else 0


@dataclass(frozen=True)
class Measured:
    """A vector where it was asked for, and what that took."""

    vector: Vector
    position: Position
    build_us: int


@dataclass(frozen=True)
class HeldVector:
    """A kept vector and what it is true for."""

    key: str
    vector: Vector
    position: Position
    moments: tuple[Any, ...]
    build_us: int


_TESTS: dict[NumberOperator, Callable[[Values, Any, Any], Any]] = {
    NumberOperator.AT_LEAST: lambda values, value, _: values >= value,
    NumberOperator.MORE_THAN: lambda values, value, _: values > value,
    NumberOperator.AT_MOST: lambda values, value, _: values <= value,
    NumberOperator.LESS_THAN: lambda values, value, _: values < value,
    NumberOperator.EXACTLY: lambda values, value, _: values == value,
    NumberOperator.NOT_EXACTLY: lambda values, value, _: values != value,
    NumberOperator.BETWEEN: lambda values, value, upper: (values >= value) & (values <= upper),
}


def _tested(
    operator: NumberOperator, values: Values, value: Any, upper: Any = None
) -> npt.NDArray[np.bool_]:
    passes: npt.NDArray[np.bool_] = _TESTS[operator](values, value, upper)
    return passes


def is_comparable(comparison: Comparison) -> bool:
    """Whether vectors can be compared so: totals with whole numbers that fit, others with any."""
    bounds = (comparison.test.value, comparison.test.upper or 0)
    if comparison.combining != Combining.SUMMED:
        return True
    return all(isinstance(each, int) and abs(each) < _FITS for each in bounds)
