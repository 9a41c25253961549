"""Money: integer minor units inside, decimal strings outside."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import is_currency
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# ISO 4217 exponents that differ from 2. (CLDR's differ: it rounds RSD or HUF to whole units,
# while shops do send "199.90 RSD".)
_EXPONENTS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
_EXPONENTS |= dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
_EXPONENTS |= dict.fromkeys(["CLF", "UYW"], 4)

MAX_MINOR_UNITS = 10**15  # sums of many of these still fit a bigint

_AMOUNT = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,8})?", re.ASCII)


def validate_currency(value: str) -> None:
    """Refuse what is not an upper-case ISO 4217 code."""
    if not (len(value) == 3 and value.isascii() and value.isupper() and is_currency(value)):
        raise ValidationError(
            _("%(value)s is not a currency."), code="unknown_currency", params={"value": value}
        )


def decimals_of(currency: str) -> int:
    """How many decimals the currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def to_minor_units(amount: str, currency: str) -> int:
    """Minor units of a decimal string: ("19.90", "EUR") -> 1990.

    Raises `ValidationError` (codes `not_money`, `too_many_decimals`, `too_large`): amounts are
    never rounded silently.
    """
    if not _AMOUNT.fullmatch(amount):
        raise ValidationError(_('Money is written as a string like "19.90".'), code="not_money")
    digits = decimals_of(currency)
    scaled = Decimal(amount).scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise ValidationError(
            _("%(currency)s has %(digits)s decimals."),
            code="too_many_decimals",
            params={"currency": currency, "digits": digits},
        )
    if abs(scaled) > MAX_MINOR_UNITS:
        raise ValidationError(_("The amount is too large."), code="too_large")
    return int(scaled)


def from_minor_units(amount: int, currency: str) -> str:
    """The decimal string of minor units: (1990, "EUR") -> "19.90"."""
    return f"{Decimal(amount).scaleb(-decimals_of(currency)):f}"
