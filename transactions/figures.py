"""Amounts and quantities as people read them."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext

from workspaces.money import decimals_of, from_minor_units


def shown_money(amount: int | None, currency: str) -> str:
    """Minor units in the language and the currency, "EUR 12.50"; a dash for nothing."""
    if amount is None:
        return "–"
    value = Decimal(from_minor_units(amount, currency))
    written = number_format(value, decimals_of(currency), use_l10n=True, force_grouping=True)
    # Translators: an amount of money, like EUR 12.50.
    shown = gettext("%(currency)s\N{NO-BREAK SPACE}%(amount)s") % {
        "currency": currency,
        "amount": written.removeprefix("-"),
    }
    return f"\N{MINUS SIGN}{shown}" if amount < 0 else shown


def shown_quantity(thousandths: int) -> str:
    """2000 -> "2", 2500 -> "2.5"."""
    value = Decimal(thousandths).scaleb(-3).normalize()
    return number_format(f"{value:f}", use_l10n=True, force_grouping=True)
