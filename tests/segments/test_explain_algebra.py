"""The fewest rows to flip, against trying every set of rows."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from segments.explain.algebra import Formula, smallest_flip

A, B, C = (Formula("row", key=key) for key in "abc")


def all_of(*parts: Formula) -> Formula:
    return Formula("all", parts)


def any_of(*parts: Formula) -> Formula:
    return Formula("any", parts)


def none(part: Formula) -> Formula:
    return Formula("not", (part,))


def flipped(holds: dict[str, bool], keys: tuple[str, ...]) -> dict[str, bool]:
    return {key: value != (key in keys) for key, value in holds.items()}


def fewest(formula: Formula, holds: dict[str, bool]) -> int | None:
    """By trying all sets of rows, small ones first."""
    names = sorted(set(formula.keys()))
    for size in range(1, len(names) + 1):
        for keys in combinations(names, size):
            if formula.value(flipped(holds, keys)) != formula.value(holds):
                return size
    return None


def grow(chance: random.Random, names: str, depth: int) -> Formula:
    dice = chance.random()
    if depth == 0 or dice < 0.2:
        return Formula("row", key=chance.choice(names))
    if dice < 0.4:
        return none(grow(chance, names, depth - 1))
    children = tuple(grow(chance, names, depth - 1) for _ in range(chance.choice((1, 2, 3))))
    return Formula("all" if dice < 0.7 else "any", children)


def test_all_needs_every_failing_row_and_any_the_cheapest() -> None:
    nothing = dict.fromkeys("abc", False)
    assert smallest_flip(all_of(A, B, C), nothing).keys == ("a", "b", "c")
    assert smallest_flip(any_of(all_of(A, B), C), nothing).keys == ("c",)
    assert smallest_flip(all_of(A, any_of(B, C)), nothing | {"a": True}).keys == ("b",)


def test_not_turns_the_question_round() -> None:
    holds = {"a": True, "b": True, "c": False}
    assert smallest_flip(none(any_of(A, B)), holds).keys == ("a", "b")
    assert smallest_flip(none(all_of(A, B)), holds).keys == ("a",)


def test_a_row_that_stands_there_twice_flips_in_both_places() -> None:
    nothing = dict.fromkeys("abc", False)
    assert smallest_flip(all_of(A, any_of(A, B)), nothing).keys == ("a",)
    # Flipping b alone is nothing worth: it is wanted both ways.
    found = smallest_flip(any_of(all_of(B, none(B)), all_of(A, C)), nothing)
    assert set(found.keys) == {"a", "c"}


def test_of_ways_with_as_many_rows_a_likely_one_is_named() -> None:
    everything = dict.fromkeys("abc", True)
    assert smallest_flip(all_of(A, B, C), everything, unlikely={"a"}).keys == ("b",)
    nothing = dict.fromkeys("abc", False)
    assert smallest_flip(any_of(A, all_of(B, C)), nothing, unlikely={"a"}).keys == ("a",)


def test_a_contradiction_never_flips() -> None:
    assert smallest_flip(all_of(A, none(A)), {"a": True}) is None


@pytest.mark.parametrize("names", ["abcdefgh", "abcd"])
def test_it_is_never_more_than_trying_everything_finds_and_really_flips(names: str) -> None:
    chance = random.Random(len(names))
    for _ in range(400):
        formula = grow(chance, names, 4)
        holds = {name: chance.random() < 0.5 for name in names}
        found, best = smallest_flip(formula, holds), fewest(formula, holds)
        assert (found is None) == (best is None), formula
        if found is not None:
            assert formula.value(flipped(holds, found.keys)) != formula.value(holds)
            assert len(found.keys) == best
            assert found.is_smallest
