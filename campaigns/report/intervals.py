"""How sure a difference between two groups is. Pure; formulas with where they come from."""

from __future__ import annotations

from math import exp, lgamma, log, sqrt
from statistics import NormalDist

from campaigns.report.figures import Interval

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)

# Below so many buyers in either group an average of amounts says nothing: one large order decides.
FEWEST_BUYERS = 10

_PRECISION = 1e-12


def wilson(successes: int, number: int) -> Interval:
    """The score interval of a proportion: E. B. Wilson, Probable inference, the law of succession,
    and statistical inference, J. Amer. Statist. Assoc. 22 (1927), 209-212.

    `number` must be positive.
    """
    rate, z = successes / number, Z
    middle = rate + z * z / (2 * number)
    spread = z * sqrt(rate * (1 - rate) / number + z * z / (4 * number * number))
    scale = 1 + z * z / number
    return Interval(max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0))


def difference_of_rates(buyers: int, number: int, others: int, of: int) -> Interval | None:
    """The interval of `buyers / number - others / of`: method 10 of R. G. Newcombe, Interval
    estimation for the difference between independent proportions, Statistics in Medicine 17
    (1998), 873-890. None where a group is empty.

    It is built from the two score intervals and so holds for small groups and rates near 0.
    """
    if not number or not of:
        return None
    first, second = wilson(buyers, number), wilson(others, of)
    p, q = buyers / number, others / of
    down = sqrt((p - first.low) ** 2 + (second.high - q) ** 2)
    up = sqrt((first.high - p) ** 2 + (q - second.low) ** 2)
    return Interval(max(p - q - down, -1.0), min(p - q + up, 1.0))


def difference_of_means(
    mean: float, variance: float, number: int, other: float, other_variance: float, of: int
) -> Interval | None:
    """The interval of `mean - other` where variances differ: B. L. Welch, The generalization of
    "Student's" problem when several different population variances are involved, Biometrika 34
    (1947), 28-35, with the degrees of freedom of F. E. Satterthwaite, Biometrics Bulletin 2
    (1946), 110-114.

    Variances are those of samples (divided by n - 1). None where a group has fewer than two, or
    neither varies at all.
    """
    if number < 2 or of < 2:
        return None
    a, b = variance / number, other_variance / of
    if a + b <= 0:
        return None
    freedom = (a + b) ** 2 / (a * a / (number - 1) + b * b / (of - 1))
    spread = student_quantile((1 + CONFIDENCE) / 2, freedom) * sqrt(a + b)
    return Interval(mean - other - spread, mean - other + spread)


def student_quantile(probability: float, freedom: float) -> float:
    """The quantile of Student's t above the median: the distribution function is inverted by
    halving, to seven digits and more for any degrees of freedom up to 10^8."""
    low, high = 0.0, 2.0
    while _student(high, freedom) < probability:
        low, high = high, high * 2
    while high - low > _PRECISION * max(high, 1.0):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _student(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student(t: float, freedom: float) -> float:
    """P(T <= t) for t >= 0, by the incomplete beta function (NIST DLMF 8.17, 26.5.27 in Abramowitz
    and Stegun)."""
    return 1 - incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function: the continued fraction NIST DLMF 8.17.22, with the
    symmetry 8.17.4 where it converges faster."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    return front / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), evaluated from the far end until it no longer changes."""
    previous, depth = 0.0, 16
    while True:
        value = 1.0
        for step in range(depth, 0, -1):
            m = step // 2
            if step % 2:
                d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            else:
                d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            value = 1 + d / value
        if abs(value - previous) <= _PRECISION * abs(value) or depth > 1 << 16:
            return value
        previous, depth = value, depth * 2
