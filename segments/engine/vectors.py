"""Numbers measured for each contact, so that another threshold needs no question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.criteria.measures import Measure
from segments.criteria.values import NumberOperator, NumberTest
from segments.engine.positions import Position
from segments.engine.sets import ContactSet

Numbers = npt.NDArray[np.int32]
Values = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Vector:
    """A whole number for each contact that has any row, in the units of storage."""

    numbers: Numbers  # of contacts, ascending, once each
    values: Values

    @classmethod
    def summed(cls, numbers: Numbers, values: Values | None) -> Vector:
        """From a number (and a value) a row, in any order; without values rows are counted."""
        if numbers.size == 0:
            return cls(numbers, np.zeros(0, dtype=np.int64))
        rows = np.bincount(numbers)
        if values is None:
            totals = rows.astype(np.int64)
        else:
            totals = np.zeros(rows.size, dtype=np.int64)
            np.add.at(totals, numbers, values)
        found = np.flatnonzero(rows)
        return cls(found.astype(np.int32), totals[found])

    def matching(self, measure: Measure, workspace_id: int) -> ContactSet:
        """The contacts the measure's queryset would find. Its test is one of whole numbers."""
        passes = mask(self.values, measure.test)
        chosen = ~passes if measure.keeps_failing else passes
        return ContactSet.from_numbers(workspace_id, self.numbers[chosen])

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.numbers.nbytes + self.values.nbytes)


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


_TESTS: dict[NumberOperator, Callable[[Values, int, int], npt.NDArray[np.bool_]]] = {
    NumberOperator.AT_LEAST: lambda values, value, _: values >= value,
    NumberOperator.MORE_THAN: lambda values, value, _: values > value,
    NumberOperator.AT_MOST: lambda values, value, _: values <= value,
    NumberOperator.LESS_THAN: lambda values, value, _: values < value,
    NumberOperator.EXACTLY: lambda values, value, _: values == value,
    NumberOperator.NOT_EXACTLY: lambda values, value, _: values != value,
    NumberOperator.BETWEEN: lambda values, value, upper: (values >= value) & (values <= upper),
}


def mask(values: Values, test: NumberTest) -> npt.NDArray[np.bool_]:
    """Which of the values pass a test of whole numbers."""
    upper: Any = 0 if test.upper is None else test.upper
    value: Any = test.value
    return _TESTS[test.operator](values, value, upper)


def is_whole(measure: Measure) -> bool:
    """Whether it compares whole numbers, as vectors hold them."""
    bounds = (measure.test.value, measure.test.upper or 0)
    return all(isinstance(each, int) and abs(each) < 2**62 for each in bounds)
