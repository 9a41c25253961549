"""Small things the pages about contacts need."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag
def label(text: str) -> str:
    """A stored label, translated if it is one of ours: {% label attribute.label %}."""
    return gettext(text) if text else ""


@register.simple_tag
def query(**parameters: object) -> str:
    """A query string: {% query tag=tag.key %} -> "?tag=vip"."""
    return f"?{urlencode(parameters)}"


@register.filter
def minus(value: int, other: int) -> int:
    """A difference."""
    return value - other
