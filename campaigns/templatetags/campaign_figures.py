"""What the pages about campaigns draw: falling bars, shares of a whole, names of variants."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.recipients import variant_name

register = template.Library()
_THINNEST = 0.5  # of 100: somebody must not look like nobody


@register.simple_tag
def fall(left: int, removed: int, total: int) -> SafeString:
    """One step of a waterfall: who is left, and behind it who fell away at this step."""
    scale = 100 / total if total else 0
    stay, gone = left * scale, removed * scale
    if removed:
        gone = max(gone, _THINNEST)
        stay = min(stay, 100 - gone)
    return format_html(
        '<svg class="fall" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="stays" width="{}" height="10"></rect>'
        '<rect class="falls" x="{}" width="{}" height="10"></rect></svg>',
        f"{stay:.2f}",
        f"{stay:.2f}",
        f"{gone:.2f}",
    )


@register.filter
def variant(number: int) -> str:
    """0 -> "A"."""
    return variant_name(number)


@register.filter
def share_of(part: float | None, whole: float | None) -> float | None:
    """A share of one; None where there is no whole."""
    return (part or 0) / whole if whole else None


@register.filter
def key_of(key: str, names: Mapping[str, str]) -> str:
    """What stands under a key; nothing where nothing does."""
    return names.get(key, "")
