"""Contacts put into or kept out of a segment by hand, as they were at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, TreeError
from segments.engine.sets import ContactSet
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


def with_pins(
    members: ContactSet,
    universe: ContactSet,
    *,
    pinned_in: Iterable[int],
    pinned_out: Iterable[int],
) -> ContactSet:
    """The same rule for sets; ids of contacts outside the universe change nothing."""
    # Before a set is made of them: a number nobody has would make one of 2^31 bits.
    kept_in, kept_out = (
        ContactSet.from_ids(members.workspace_id, [pin for pin in pins if pin in universe])
        for pins in (pinned_in, pinned_out)
    )
    return (members | kept_in) - kept_out


def pins_valid_at(pins: Iterable[SegmentPin], as_of: datetime) -> tuple[list[int], list[int]]:
    """The contacts that rows of one segment pin in, and out, at the instant."""
    valid = [
        pin
        for pin in pins
        if pin.valid_from <= as_of and (pin.valid_to is None or as_of < pin.valid_to)
    ]
    pinned_in = [pin.contact_id for pin in valid if pin.direction == PinDirection.IN]
    return pinned_in, [pin.contact_id for pin in valid if pin.direction == PinDirection.OUT]


def check_pins(scope: Scope, **pins: Sequence[int]) -> None:
    """Raise `InvalidTree` for ids that are no live contacts of the workspace, by "pinned_in"."""
    wanted = {contact_id for ids in pins.values() for contact_id in ids}
    if not wanted:
        return
    known = set(scope.contacts().filter(pk__in=wanted).values_list("pk", flat=True))
    errors = [
        TreeError(f"$.{name}[{index}]", "not_found", _("There is no such contact."))
        for name, ids in pins.items()
        for index, contact_id in enumerate(ids)
        if contact_id not in known
    ]
    if errors:
        raise InvalidTree(errors)
