"""What the pages about campaigns draw: falling bars, shares of a whole, names of variants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.recipients import variant_name
from transactions.figures import shown_money
from workspaces.templatetags.shell import number

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
def key_of(key: Any, names: Mapping[Any, Any]) -> Any:
    """What stands under a key; nothing where nothing does."""
    return names.get(key, "")


@register.simple_tag
def figure(shown: str, people: str, number: int, did: str, **more: Any) -> SafeString | str:
    """A figure of a report that opens the list of who it counts: `people` is the list's address,
    empty for those who mustn't see it."""
    if not people or not number:
        return shown
    address = f"{people}?{urlencode({'did': did, **more})}"
    return format_html('<a class="figure" href="{}">{}</a>', address, shown)


@register.filter
def points(share: float | None) -> str:
    """A difference of shares in percentage points: 0.0123 -> "+1.2"."""
    if share is None:
        return "–"
    written = number(share * 100, 1)
    return f"+{written}" if round(share * 100, 1) > 0 else written


@register.filter
def rounded_money(amount: float | None, currency: str) -> str:
    """Minor units that were computed, written out."""
    return shown_money(None if amount is None else round(amount), currency)


@register.simple_tag
def interval(low: float, difference: float, high: float) -> SafeString:
    """Where a difference lies, beside the line of no difference at all."""
    reach = max(abs(low), abs(high)) * 1.1 or 1.0

    def at(value: float) -> str:
        return f"{50 + value / reach * 50:.2f}"

    kind = "more" if low > 0 else "less" if high < 0 else "unclear"
    return format_html(
        '<svg class="interval-bar {}" viewBox="0 0 100 16" preserveAspectRatio="none"'
        ' aria-hidden="true"><line class="none" x1="50" x2="50" y1="0" y2="16"></line>'
        '<line class="range" x1="{}" x2="{}" y1="8" y2="8"></line>'
        '<line class="found" x1="{}" x2="{}" y1="3" y2="13"></line></svg>',
        kind,
        at(low),
        at(high),
        at(difference),
        at(difference),
    )
