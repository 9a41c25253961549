"""Numbers in memory are compared as the database compares them, however large they are."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from segments.criteria.measures import Combining, Comparison
from segments.criteria.values import NumberOperator, NumberTest
from segments.engine.vectors import Vector

HUGE = 9_000_000_000_000_000_000


def comparing(test: NumberTest, combining: Combining, *, fails: bool = False) -> Comparison:
    return Comparison(test, fails, combining, has_values=True, reads_more=True)


def numbers_of(vector: Vector, comparison: Comparison) -> list[int]:
    return [int(number) for number in vector.matching(comparison, 1).numbers()]


def integers(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def contacts(*numbers: int) -> Any:
    return np.array(numbers, dtype=np.int32)


@pytest.mark.parametrize("operator", list(NumberOperator))
@pytest.mark.parametrize("fails", [False, True])
def test_totals_are_tested_one_by_one_spread_or_not(operator: NumberOperator, fails: bool) -> None:
    rows, values = contacts(3, 1, 3, 9, 4), integers(2, 5, 3, -4, 0)
    vector = Vector.combined(rows, values, None, Combining.SUMMED)
    totals = {1: 5, 3: 5, 4: 0, 9: -4}
    for value in (-4, 0, 5):
        test = NumberTest(operator, value, 5)
        expected = [number for number, total in totals.items() if test.passes(total) != fails]
        comparison = comparing(test, Combining.SUMMED, fails=fails)
        spread = vector.spread(1)
        assert spread.present is not None
        assert numbers_of(vector, comparison) == numbers_of(spread, comparison) == expected


@pytest.mark.parametrize("operator", list(NumberOperator))
def test_ratios_are_exact(operator: NumberOperator) -> None:
    sums, counts = (100, 99, 101, 3 * HUGE, 0), (3, 3, 3, 7, 2)
    exact = [Fraction(total, number) for total, number in zip(sums, counts, strict=True)]
    rows = contacts(0, 1, 2, 3, 3, 3, 4)
    values = integers(100, 99, 101, HUGE, HUGE, HUGE, 0)
    divisors = integers(3, 3, 3, 5, 1, 1, 2)
    vector = Vector.combined(rows, values, divisors, Combining.RATIO)
    assert not vector.is_storable
    for value in (Decimal("33.333"), 33, Decimal("0.01"), 3 * HUGE // 7):
        test = NumberTest(operator, value, Decimal("33.67"))
        tests = [test.passes(each) for each in exact]  # type: ignore[arg-type]
        expected = [number for number, passes in enumerate(tests) if passes]
        assert numbers_of(vector, comparing(test, Combining.RATIO)) == expected
        assert numbers_of(vector.spread(1), comparing(test, Combining.RATIO)) == expected


def test_every_row_is_compared_by_itself() -> None:
    rows, values = contacts(2, 5, 2), np.array([1.5, 40.0, 50.0])
    vector = Vector.combined(rows, values, None, Combining.EACH)
    assert vector.spread(1) is vector  # a contact with two rows has no number of its own
    test = NumberTest(NumberOperator.LESS_THAN, 40)
    assert numbers_of(vector, comparing(test, Combining.EACH)) == [2]


@pytest.mark.parametrize("combining", list(Combining))
def test_what_is_stored_comes_back(combining: Combining) -> None:
    values: Any = integers(7, -8, 9)
    if combining == Combining.EACH:
        values = np.array([0.5, -1e15, 3.0])
    divisors = integers(1, 2, 3) if combining == Combining.RATIO else None
    vector = Vector.combined(contacts(1, 2, 6), values, divisors, combining)
    assert vector.is_storable
    back = Vector.from_bytes(vector.numbers.tobytes(), vector.to_bytes(), combining)
    for operator in NumberOperator:
        comparison = comparing(NumberTest(operator, 3, 5), combining)
        assert numbers_of(back, comparison) == numbers_of(vector, comparison)
        assert numbers_of(back.spread(1), comparison) == numbers_of(vector, comparison)


def test_sums_too_large_for_64_bits_are_exact_and_not_stored() -> None:
    vector = Vector.combined(contacts(1, 1, 2), integers(HUGE, HUGE, 5), None, Combining.SUMMED)
    test = NumberTest(NumberOperator.MORE_THAN, 10)
    assert numbers_of(vector, comparing(test, Combining.SUMMED)) == [1]
    assert not vector.is_storable
