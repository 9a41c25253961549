"""Money in templates: `{{ row.goods_amount|money:request.workspace.base_currency }}`."""

from __future__ import annotations

from django import template

from transactions.figures import shown_money, shown_quantity

register = template.Library()


@register.filter
def money(amount: int | None, currency: str) -> str:
    """Minor units of the currency, written out."""
    return shown_money(amount, currency)


@register.filter
def quantity(thousandths: int) -> str:
    """Thousandths, written out."""
    return shown_quantity(thousandths)
