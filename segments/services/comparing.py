"""Two definitions of a segment beside each other: who enters, who leaves, who stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Tree, parse_tree
from segments.engine.evaluation import members_of_each
from segments.engine.sets import ContactSet
from segments.faults import say_faults
from segments.models import Segment, SegmentReference
from segments.pins import NO_PINS, Pins, check_pins, read_pins
from segments.registry import Use, uses_by_segment
from segments.sentence import sentence_of
from segments.services.recounting import closed_tree
from segments.services.versions import find_version, tree_of_version
from workspaces.models import Workspace


class Movement(TextChoices):
    """What a change of the definition, or of time, does to a contact."""

    ENTERING = "entering", gettext_lazy("entering")
    LEAVING = "leaving", gettext_lazy("leaving")
    STAYING = "staying", gettext_lazy("staying")


class BrokenDefinitionError(ValueError):
    """The definition to compare with names something that is gone; the message says what."""


@dataclass(frozen=True)
class Side:
    """One of two definitions with its members; `number` is its version, None while not saved."""

    number: int | None
    sentence: str
    members: ContactSet

    @property
    def size(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Comparison:
    """Two definitions at one instant, from one snapshot of the database."""

    as_of: datetime
    before: Side
    after: Side

    def moved(self, movement: str) -> ContactSet:
        """The contacts who enter, leave or stay."""
        before, after = self.before.members, self.after.members
        match movement:
            case Movement.ENTERING:
                return after - before
            case Movement.LEAVING:
                return before - after
            case _:
                return before & after


@dataclass(frozen=True)
class Hit:
    """Something a changed definition reaches: another segment, a campaign, a rule.

    `through` names the segments in between, nearest first; empty where it is named directly.
    """

    use: Use
    through: Sequence[str] = ()


def compare_with_saved(
    *,
    segment: Segment,
    where: Any,
    pinned_in: Sequence[int] | None,
    pinned_out: Sequence[int] | None,
    as_of: datetime,
) -> Comparison:
    """The saved segment beside what it would be; None leaves tree or pins as they are.

    Raises `InvalidTree` for what is given, and `BrokenDefinitionError` for what is saved.
    """
    workspace = segment.workspace
    scope = Scope(workspace, as_of)
    try:
        before = parse_tree(segment.definition.get("where"), **_of(segment))
    except InvalidTree as error:
        raise BrokenDefinitionError(
            _("The saved definition can't be compared: {error}").format(
                error=say_faults(segment.definition.get("where"), error)
            )
        ) from error
    after = before if where is None else parse_tree(where, **_of(segment))
    check_pins(scope, pinned_in=pinned_in or (), pinned_out=pinned_out or ())
    with_saved_pins = pinned_in is None and pinned_out is None
    sides = [
        closed_tree(segment, before),
        closed_tree(segment, after) if with_saved_pins else after,
    ]
    [members_before, members_after], universe = members_of_each(sides, scope)
    if not with_saved_pins:
        saved = read_pins(scope, [segment.pk]).get(segment.pk, NO_PINS)
        pins = Pins(
            saved.kept_in if pinned_in is None else frozenset(pinned_in),
            saved.kept_out if pinned_out is None else frozenset(pinned_out),
        )
        members_after = pins.applied_to(members_after, universe)
    return Comparison(
        as_of,
        Side(segment.version_number, _say(before, workspace), members_before),
        Side(None, _say(after, workspace), members_after),
    )


def compare_versions(*, segment: Segment, first: int, second: int, as_of: datetime) -> Comparison:
    """Two versions at one instant, both with the pins of that instant.

    Raises `SegmentVersion.DoesNotExist` and, for a version that names something that is gone,
    `BrokenDefinitionError`.
    """
    trees = []
    versions = [find_version(segment=segment, number=number) for number in (first, second)]
    for version in versions:
        try:
            trees.append(tree_of_version(segment=segment, version=version))
        except InvalidTree as error:
            raise BrokenDefinitionError(
                _("Version {n} can't be compared: {error}").format(
                    n=version.number, error=say_faults(version.definition.get("where"), error)
                )
            ) from error
    sides = [closed_tree(segment, tree) for tree in trees]
    [before, after], _universe = members_of_each(sides, Scope(segment.workspace, as_of))
    said = [_say(tree, segment.workspace) for tree in trees]
    return Comparison(as_of, Side(first, said[0], before), Side(second, said[1], after))


def _of(segment: Segment) -> dict[str, Any]:
    return {"workspace": segment.workspace, "ancestors": (segment.pk,)}


def _say(tree: Tree, workspace: Workspace) -> str:
    return sentence_of(tree, workspace.base_currency)


# --- What a change would hit ----------------------------------------------------------------------


def hits_of(*, segment: Segment) -> list[Hit]:
    """Everything that follows from the segment: live segments that name it, directly or through
    others, and what the apps above do with it or with one of them."""
    through: dict[int, tuple[str, ...]] = {segment.pk: ()}
    hits, newest = [], [segment.pk]
    while newest:
        found = _named_in(segment.workspace, newest)
        newest = []
        for inner, user in found:
            if user.pk in through:
                continue
            use = Use("segment", user.name, _page_of(user))
            hits.append(Hit(use, through[inner]))
            through[user.pk] = (*through[inner], user.name)
            newest.append(user.pk)
    uses = uses_by_segment(segment.workspace, list(through))
    for segment_id, path in through.items():
        hits += [Hit(use, path) for use in uses.get(segment_id, ())]
    return hits


def _named_in(workspace: Workspace, segment_ids: Sequence[int]) -> list[tuple[int, Segment]]:
    """(named, who names it) for live segments that name one of these."""
    rows = (
        SegmentReference.objects.in_workspace(workspace)
        .filter(
            kind="segment",
            key__in=[str(segment_id) for segment_id in segment_ids],
            segment__archived_at__isnull=True,
        )
        .select_related("segment")
        .order_by("segment__name", "segment_id")
    )
    return [(int(row.key), row.segment) for row in rows]


def _page_of(segment: Segment) -> str:
    return reverse("segments:page", args=[segment.workspace_id, segment.pk])
