"""What the page that says why draws and counts."""

from __future__ import annotations

from datetime import datetime

from django import template

from segments.explain.parts import Figure
from segments.explain.wording import say_when

register = template.Library()

_REACHING = ("at_least", "more_than")


@register.filter
def reaches(figure: Figure) -> float | None:
    """How much of a threshold is reached, 0 to 1; None where there is none to be reached."""
    if figure.operator not in _REACHING or figure.threshold <= 0:
        return None
    return max(0.0, min(1.0, float(figure.value / figure.threshold)))


@register.filter
def from_now(at: datetime, now: datetime) -> str:
    """ "in 4 days"."""
    return say_when(at, now)
