"""Contacts put into or kept out of a segment by hand, as they were at an instant."""

from __future__ import annotations

from django.db.models import Q

from segments.criteria.scope import Scope
from segments.models import PinDirection, SegmentPin


def pinned(segment_id: int, direction: PinDirection, scope: Scope) -> Q:
    """Contacts pinned that way; the condition stands on contacts."""
    rows = scope.valid(SegmentPin).filter(segment_id=segment_id, direction=direction)
    return Q(pk__in=rows.values("contact_id"))


def apply_pins(inside: Q, segment_id: int, scope: Scope) -> Q:
    """Pinned out wins over pinned in wins over the tree."""
    kept_in = pinned(segment_id, PinDirection.IN, scope)
    kept_out = pinned(segment_id, PinDirection.OUT, scope)
    return (inside | kept_in) & ~kept_out
