"""Whether a difference says something, or chance alone would make one as large."""

from __future__ import annotations

from math import exp, inf, lgamma, log, sqrt

Z95 = 1.959964  # of the normal distribution, for intervals of 95 %


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share. Raises `ValueError` for a share of nothing."""
    if whole <= 0:
        raise ValueError("A share of nothing has no interval.")
    share, square = part / whole, Z95**2
    middle = share + square / (2 * whole)
    half = Z95 * sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    scale = 1 + square / whole
    # At 0 and 1 the ends are exact; rounding would leave them a hair off.
    low = 0.0 if part == 0 else max(0.0, (middle - half) / scale)
    high = 1.0 if part == whole else min(1.0, (middle + half) / scale)
    return low, high


def chance_of(part: int, *, drawn: int, having: int, everybody: int) -> float:
    """How probable it is to draw at least as uneven a part by chance, both directions together.

    Of `everybody`, `having` have the value. `drawn` of them picked blindly would hold so many with
    it as the hypergeometric distribution says; the smaller tail from `part` on is doubled.
    """
    if not 0 <= part <= min(drawn, having) or drawn - part > everybody - having:
        raise ValueError("No such draw is possible.")
    expected = drawn * having / everybody
    if part == expected:
        return 1.0
    step = 1 if part > expected else -1
    return min(1.0, 2 * _tail(part, step, drawn, having, everybody))


def _tail(part: int, step: int, drawn: int, having: int, everybody: int) -> float:
    """The probability of `part` and of everything beyond it, away from what is expected."""
    first = _log_chance(part, drawn, having, everybody)
    lowest, highest = max(0, drawn + having - everybody), min(drawn, having)
    ratio = total = 1.0
    at = part
    while lowest <= at + step <= highest and ratio > total * 1e-12:
        ratio *= _odds(at, step, drawn, having, everybody)
        total += ratio
        at += step
    return exp(min(0.0, first + log(total))) if first > -inf else 0.0


def _odds(at: int, step: int, drawn: int, having: int, everybody: int) -> float:
    """P(at + step) / P(at)."""
    rest = everybody - having - drawn
    if step > 0:
        return (having - at) * (drawn - at) / ((at + 1) * (rest + at + 1))
    return at * (rest + at) / ((having - at + 1) * (drawn - at + 1))


def _log_chance(part: int, drawn: int, having: int, everybody: int) -> float:
    return (
        _log_choose(having, part)
        + _log_choose(everybody - having, drawn - part)
        - _log_choose(everybody, drawn)
    )


def _log_choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)
