"""What pages about segments draw: shares beside those of everybody."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workspaces.templatetags.shell import number

register = template.Library()


@register.simple_tag
def beside(
    share: float | None,
    everybody: float,
    scale: float = 1.0,
    low: float | None = None,
    high: float | None = None,
) -> SafeString:
    """A share above that of everybody, on a scale that ends at `scale`; the line between `low`
    and `high` is where the share of people like these lies."""

    def at(value: float | None) -> str:
        return f"{min(1.0, max(0.0, (value or 0.0) / (scale or 1.0))) * 100:.2f}"

    interval = SafeString("")
    if low is not None and high is not None:
        interval = format_html(
            '<line class="interval" x1="{}" x2="{}" y1="3" y2="3"></line>', at(low), at(high)
        )
    return format_html(
        '<svg class="beside" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="own" width="{}" height="6"></rect>'
        '<rect class="all" y="8" width="{}" height="3"></rect>{}</svg>',
        at(share),
        at(everybody),
        interval,
    )


@register.filter
def times(lift: float | None) -> str:
    """How many times as often, as short as it tells: 3.2, 12, 0.31."""
    if lift is None:
        return "–"
    return number(lift, 0 if lift >= 10 else 1 if lift >= 1 else 2)
