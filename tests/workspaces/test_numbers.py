from __future__ import annotations

import pytest

from workspaces.numbers import whole_number


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("007", 7), ("42", 42), ("9" * 18, 10**18 - 1)]
)
def test_plain_digits_are_a_number(text: str, number: int):
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1\n", "-1", "+1", "1.0", "1e3", "1_000", "0x1", "٣", "²", "9" * 19, "9" * 5_000],
)
def test_anything_else_is_none(text: str):
    assert whole_number(text) is None


def test_longer_numbers_than_asked_for_are_none():
    assert (whole_number("999", digits=3), whole_number("1000", digits=3)) == (999, None)
