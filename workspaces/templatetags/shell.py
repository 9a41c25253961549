"""What every page draws with: icons, figures, small bars, the sidebar and the palette."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from ua_parser import parse

from workspaces.navigation import frame_of, palette_of

register = template.Library()

SPRITE = "vendor/lucide-1.62.0/sprite.svg"
MINUS = "\N{MINUS SIGN}"
Number = int | float | Decimal


# --- Icons and figures ---------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """An icon of the sprite: {% icon "users" %}; with a label where it stands alone."""
    role = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="icon {}" {}><use href="{}#{}"></use></svg>',
        size,
        SafeString(role),
        static(SPRITE),
        name,
    )


@register.simple_tag
def sprite() -> str:
    """Where the icons are, for pages drawn by JavaScript."""
    return static(SPRITE)


@register.filter
def number(value: Number | None, decimals: int = 0) -> str:
    """A figure with the language's thousands: 12431 -> "12,431"; a dash for nothing."""
    if value is None:
        return "–"
    # number_format cuts decimals off instead of rounding; adding zero makes a rounded -0 plain.
    rounded = round(Decimal(str(value)), decimals) + 0
    written = number_format(rounded, decimals, use_l10n=True, force_grouping=True)
    return str(written).replace("-", MINUS)


@register.filter
def signed(value: Number | None) -> str:
    """A change: +458, −306, 0. With a real minus sign."""
    if value is None:
        return "–"
    return ("+" if value > 0 else "") + number(value)


@register.filter
def percent(value: Number | None, decimals: int = 1) -> str:
    """A share of one as per cent: 0.039 -> "3.9 %", with a space that doesn't break."""
    if value is None:
        return "–"
    return f"{number(value * 100, decimals)}\N{NO-BREAK SPACE}%"


@register.filter
def signed_percent(value: Number | None, decimals: int = 1) -> str:
    """A relative change: 0.014 -> "+1.4 %"."""
    is_growth = value is not None and round(float(value) * 100, decimals) > 0
    return ("+" if is_growth else "") + percent(value, decimals)


@register.filter
def initials(name: str) -> str:
    """One or two letters for a round picture."""
    words = [word for word in str(name).replace("@", " ").split() if word[:1].isalnum()]
    letters = [word[0] for word in (words[:1] + words[1:][-1:])]
    return "".join(letters).upper() or "?"


@register.filter
def browser(user_agent: str) -> str:
    """A browser in words: "Firefox on Linux"; what it says itself where it isn't known."""
    parsed = parse(str(user_agent))
    if parsed.user_agent is None or parsed.os is None:
        return str(user_agent) or gettext("Unknown browser")
    return gettext("%(browser)s on %(system)s") % {
        "browser": parsed.user_agent.family,
        "system": parsed.os.family,
    }


@register.filter
def without_placeholder(field: BoundField) -> SafeString:
    """A form field whose placeholder would only repeat its label."""
    return field.as_widget(attrs={"placeholder": False})


@register.simple_tag
def bar(share: Number | None, label: str = "") -> SafeString:
    """A thin bar filled to a share between 0 and 1; hidden from readers unless labelled."""
    width = max(0.0, min(1.0, float(share or 0))) * 100
    role = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" {}>'
        '<rect width="{}" height="4"></rect></svg>',
        SafeString(role),
        f"{max(width, 0.6) if width else 0:.2f}",
    )


@register.simple_tag
def spark(sizes: Iterable[Number | None]) -> SafeString:
    """A sparkline of sizes, oldest first; gaps are left out, a flat line stands in the middle."""
    points = [(at, float(size)) for at, size in enumerate(sizes) if size is not None]
    if len(points) < 2:
        return SafeString("")
    lowest, highest = min(y for _x, y in points), max(y for _x, y in points)
    width, height = points[-1][0] or 1, highest - lowest
    drawn = " ".join(
        f"{x / width * 96:.1f},{22 - ((y - lowest) / height * 20 if height else 10):.1f}"
        for x, y in points
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 96 24" aria-hidden="true"><polyline points="{}">'
        "</polyline></svg>",
        drawn,
    )


# --- The frame -----------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def frame(context: Context) -> dict[str, Any] | None:
    """What the frame shows, or None outside a workspace: {% frame as shell %}."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    if request is None or actor is None:
        return None
    return frame_of(actor, request.path)


@register.simple_tag
def palette(shell: dict[str, Any]) -> dict[str, Any]:
    """The palette's data as it goes to the browser."""
    return palette_of(shell)
