"""Contacts put into or kept out of a segment by hand, as they were at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Pins:
    """Ids of contacts kept in a segment, and kept out of it, by hand."""

    kept_in: frozenset[int] = frozenset()
    kept_out: frozenset[int] = frozenset()

    def sets(self, universe: ContactSet) -> tuple[ContactSet, ContactSet]:
        """Both as sets; contacts outside the universe are left out."""
        # Before a set is made of them: a number nobody has would make one of 2^31 bits.
        kept_in, kept_out = (
            ContactSet.from_ids(universe.workspace_id, [pin for pin in pins if pin in universe])
            for pins in (self.kept_in, self.kept_out)
        )
        return kept_in, kept_out

    def applied_to(self, members: ContactSet, universe: ContactSet) -> ContactSet:
        """Pinned out wins over pinned in wins over the tree."""
        kept_in, kept_out = self.sets(universe)
        return (members | kept_in) - kept_out


NO_PINS = Pins()


def read_pins(scope: Scope, segment_ids: Iterable[int] | None = None) -> dict[int, Pins]:
    """The pins of the instant by segment, of these or of all; segments without any are left out."""
    rows = scope.valid(SegmentPin)
    if segment_ids is not None:
        rows = rows.filter(segment_id__in=list(segment_ids))
    kept_in: dict[int, set[int]] = {}
    kept_out: dict[int, set[int]] = {}
    for segment_id, direction, contact_id in rows.values_list(
        "segment_id", "direction", "contact_id"
    ):
        kept = kept_in if direction == PinDirection.IN else kept_out
        kept.setdefault(segment_id, set()).add(contact_id)
    return {
        segment_id: Pins(
            frozenset(kept_in.get(segment_id, ())), frozenset(kept_out.get(segment_id, ()))
        )
        for segment_id in kept_in.keys() | kept_out.keys()
    }


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
