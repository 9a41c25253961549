"""Intervals against published numbers, and against chance itself."""

from __future__ import annotations

import random
from math import sqrt
from statistics import NormalDist, fmean, variance

import pytest

from campaigns.report.figures import Interval, Verdict
from campaigns.report.intervals import (
    difference_of_means,
    difference_of_rates,
    incomplete_beta,
    student_quantile,
    wilson,
)


@pytest.mark.parametrize(
    ("buyers", "number", "others", "of", "low", "high"),
    [
        # The examples of Newcombe (1998), table II, method 10.
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_differences_of_rates_are_those_published(buyers, number, others, of, low, high):
    found = difference_of_rates(buyers, number, others, of)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062), (2, 4.3027), (5, 2.5706), (10, 2.2281), (30, 2.0423), (120, 1.9799)],
)
def test_quantiles_of_student_are_those_of_the_tables(freedom, quantile):
    assert student_quantile(0.975, freedom) == pytest.approx(quantile, abs=5e-5)


def test_with_many_degrees_of_freedom_student_is_normal():
    assert student_quantile(0.975, 1e7) == pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-6)


@pytest.mark.parametrize("x", [0.01, 0.3, 0.5, 0.77, 0.999])
def test_the_incomplete_beta_function_where_it_can_be_written_down(x):
    assert incomplete_beta(1, 1, x) == pytest.approx(x)
    assert incomplete_beta(3, 1, x) == pytest.approx(x**3)
    assert incomplete_beta(1, 4, x) == pytest.approx(1 - (1 - x) ** 4)
    assert incomplete_beta(2.5, 7, x) == pytest.approx(1 - incomplete_beta(7, 2.5, 1 - x))


def test_a_proportion_stays_between_none_and_all():
    assert wilson(0, 1).low == 0
    assert wilson(1, 1).high == 1
    assert (wilson(0, 10).low, wilson(0, 10).high) == pytest.approx((0, 0.2775), abs=5e-5)


@pytest.mark.parametrize(("number", "of"), [(0, 0), (0, 5), (5, 0)])
def test_an_empty_group_says_nothing(number, of):
    assert difference_of_rates(0, number, 0, of) is None
    assert difference_of_means(0, 0, number, 0, 0, of) is None


@pytest.mark.parametrize(("buyers", "others"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_one_person_each_is_never_an_answer(buyers, others):
    found = difference_of_rates(buyers, 1, others, 1)
    assert found is not None
    assert found.verdict == Verdict.UNCLEAR
    assert difference_of_means(100, 0, 1, 0, 0, 1) is None


def test_groups_that_swap_turn_the_answer_round():
    one, two = difference_of_rates(30, 200, 10, 150), difference_of_rates(10, 150, 30, 200)
    assert one is not None
    assert two is not None
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.2, "more"), (-0.2, -0.1, "less"), (-0.1, 0.2, "unclear"), (0.0, 0.2, "unclear")],
)
def test_a_verdict_needs_an_interval_on_one_side_of_nothing(low, high, verdict):
    assert Interval(low, high).verdict == verdict


@pytest.mark.parametrize(
    ("rate", "other", "number", "of"),
    [(0.03, 0.03, 2000, 200), (0.05, 0.02, 300, 60), (0.2, 0.1, 40, 20), (0.01, 0.01, 900, 100)],
)
def test_nineteen_of_twenty_intervals_hold_the_true_difference_of_rates(rate, other, number, of):
    draw = random.Random(20_260_315)
    tries, held = 1500, 0
    for _try in range(tries):
        buyers = _count(draw, number, rate)
        others = _count(draw, of, other)
        found = difference_of_rates(buyers, number, others, of)
        assert found is not None
        held += found.low <= rate - other <= found.high
    # Three standard deviations below 95 % in so many tries.
    assert held / tries >= 0.95 - 3 * sqrt(0.95 * 0.05 / tries)


def _count(draw: random.Random, number: int, rate: float) -> int:
    """How many of so many happen, each with this chance: the cumulated chances inverted."""
    left, chance, count = draw.random(), (1 - rate) ** number, 0
    while left > chance and count < number:
        left -= chance
        chance *= (number - count) / (count + 1) * rate / (1 - rate)
        count += 1
    return count


def test_nineteen_of_twenty_intervals_hold_the_true_difference_of_revenue():
    """Most buy nothing, some a little and few a lot."""
    draw = random.Random(7)

    def spent(rate: float) -> float:
        return draw.lognormvariate(3, 0.8) if draw.random() < rate else 0.0

    mean = 2.718281828459045 ** (3 + 0.32)
    true = (0.2 - 0.15) * mean
    tries, held = 250, 0
    for _try in range(tries):
        recipients = [spent(0.2) for _ in range(300)]
        others = [spent(0.15) for _ in range(150)]
        found = difference_of_means(
            fmean(recipients), variance(recipients), 300, fmean(others), variance(others), 150
        )
        assert found is not None
        held += found.low <= true <= found.high
    assert held / tries >= 0.95 - 3 * sqrt(0.95 * 0.05 / tries)
