from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from workspaces.money import (
    MAX_MINOR_UNITS,
    decimals_of,
    from_minor_units,
    to_minor_units,
    validate_currency,
)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.90", "EUR", 1990),
        ("19.9", "EUR", 1990),
        ("19", "EUR", 1900),
        ("-0.01", "PLN", -1),
        ("1500", "JPY", 1500),
        ("1500.00", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("199.90", "RSD", 19990),
        ("0", "USD", 0),
    ],
)
def test_money_becomes_minor_units(text: str, currency: str, minor: int):
    assert to_minor_units(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("19.999", "EUR", "too_many_decimals"),
        ("1.5", "JPY", "too_many_decimals"),
        ("1e3", "EUR", "not_money"),
        ("NaN", "EUR", "not_money"),
        ("Infinity", "EUR", "not_money"),
        ("19,90", "EUR", "not_money"),
        ("", "EUR", "not_money"),
        (" 1", "EUR", "not_money"),
        ("١٢", "EUR", "not_money"),
        ("1" * 17, "EUR", "not_money"),
        ("9" * 16, "EUR", "too_large"),
    ],
)
def test_what_is_not_exact_money_is_refused_and_never_rounded(text: str, currency: str, code: str):
    with pytest.raises(ValidationError) as refusal:
        to_minor_units(text, currency)
    assert refusal.value.code == code


@given(
    st.integers(-MAX_MINOR_UNITS, MAX_MINOR_UNITS), st.sampled_from(["EUR", "JPY", "KWD", "CLF"])
)
def test_money_survives_the_way_out_and_in(minor: int, currency: str):
    text = from_minor_units(minor, currency)
    assert to_minor_units(text, currency) == minor
    assert "E" not in text
    assert len(text.partition(".")[2]) == decimals_of(currency)


@pytest.mark.parametrize("code", ["eur", "EU", "EURO", "ZZZ", "", "€€€"])
def test_what_is_not_a_currency_is_refused(code: str):
    with pytest.raises(ValidationError):
        validate_currency(code)
