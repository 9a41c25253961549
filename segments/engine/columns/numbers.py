"""Numbers that were combined for a row being edited, so that another threshold reads nothing.

They stand for the instant they were combined at and for those readings of their tables; whoever
uses them brings the set further, as with all that is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from segments.criteria.scope import Scope
from segments.engine.bringing import Held
from segments.engine.columns.blocks import TableKept
from segments.engine.questions import Asked, LeafMake
from segments.engine.remembering import Place, remembered
from segments.engine.sets import ContactSet
from segments.engine.vector_store import start_from
from segments.engine.vectors import HeldVector

JUST_BEFORE = timedelta(minutes=1)  # later, combining them again may be quicker
COMBINED = "combined "


@dataclass(frozen=True)
class Combined:
    """What is compared, by contact, and who has to be asked all the same."""

    held: HeldVector
    unsure: ContactSet


def place_of(numbers: Asked, tables: Sequence[TableKept], workspace_id: int) -> Place:
    """Of numbers read from these tables as they are kept now."""
    read = "|".join(str(each.snapshot) for each in tables)
    return workspace_id, f"{COMBINED}{numbers.key}", max(each.as_of for each in tables), read


def remember(place: Place, combined: Combined) -> None:
    """For thresholds that are asked for soon."""
    held = replace(combined.held, vector=combined.held.vector.narrowed())
    remembered.put(place, replace(combined, held=held), held.vector.size)


def start_from_numbers(place: Place, asked: Asked, make: LeafMake, scope: Scope) -> Held | None:
    """The leaf's set where its numbers were combined just before; None where they were not."""
    known: Combined | None = remembered.get(place)
    if known is None or abs(scope.as_of - known.held.position.as_of) > JUST_BEFORE:
        return None
    held = start_from(asked, make, known.held, scope)
    return None if held is None else replace(held, unsure=known.unsure)
