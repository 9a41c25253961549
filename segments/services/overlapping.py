"""Several segments at one instant: their members together, and how they overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Tree
from segments.engine.evaluation import members_of_each
from segments.engine.sets import ContactSet
from segments.models import Segment
from segments.services.recounting import closed_tree, tree_of
from workspaces.models import Workspace

FEWEST, MOST = 2, 10


@dataclass(frozen=True)
class BrokenSegment:
    """A segment that can't be evaluated, and why."""

    segment: Segment
    error: str


@dataclass(frozen=True)
class MembersTogether:
    """The members of several segments, pins included, from one snapshot of the database.

    `members` goes by segment id, in the order asked; broken segments are in `broken` instead.
    """

    as_of: datetime
    universe: ContactSet
    members: Mapping[int, ContactSet]
    broken: Sequence[BrokenSegment] = ()


def members_of_segments(
    *, workspace: Workspace, segments: Sequence[Segment], as_of: datetime
) -> MembersTogether:
    """The members of all segments by one SQL statement; rows they share are fetched once."""
    trees: dict[int, Tree] = {}
    broken: list[BrokenSegment] = []
    for segment in segments:
        try:
            tree = tree_of(segment=segment, workspace=workspace)
        except InvalidTree as error:
            broken.append(BrokenSegment(segment, error.errors[0].message))
        else:
            trees[segment.pk] = closed_tree(segment, tree)
    sets, universe = members_of_each(list(trees.values()), Scope(workspace, as_of))
    return MembersTogether(as_of, universe, dict(zip(trees, sets, strict=True)), broken)


@dataclass(frozen=True)
class Pair:
    """Two segments: how many are in both, and in either."""

    first: Segment
    second: Segment
    both: int
    either: int
    first_size: int
    second_size: int

    @property
    def share_of_first(self) -> float | None:
        """How much of the first is in the second, too; None where the first is empty."""
        return self.both / self.first_size if self.first_size else None

    @property
    def share_of_second(self) -> float | None:
        return self.both / self.second_size if self.second_size else None


@dataclass(frozen=True)
class Overlapping:
    """One segment among the others: its size, and who is in none of the others."""

    segment: Segment
    size: int
    only: int


@dataclass(frozen=True)
class Overlap:
    """How segments overlap at an instant; all numbers are exact and of one snapshot."""

    as_of: datetime
    universe: int
    segments: Sequence[Overlapping]
    pairs: Sequence[Pair]
    in_all: int
    in_any: int
    broken: Sequence[BrokenSegment]

    def pair(self, one: Segment, other: Segment) -> Pair:
        """The pair in either order. Raises `KeyError` for segments that weren't compared."""
        for pair in self.pairs:
            if {pair.first.pk, pair.second.pk} == {one.pk, other.pk}:
                return pair
        raise KeyError((one.pk, other.pk))


def overlap_of(*, workspace: Workspace, segments: Sequence[Segment], as_of: datetime) -> Overlap:
    """Every pair of the segments, who is only in one of them, in all and in any.

    Broken segments are left out and named in `broken`.
    """
    together = members_of_segments(workspace=workspace, segments=segments, as_of=as_of)
    sound = [segment for segment in segments if segment.pk in together.members]
    sets = [together.members[segment.pk] for segment in sound]
    sizes = [len(members) for members in sets]
    pairs = []
    for one, other in combinations(range(len(sound)), 2):
        both = len(sets[one] & sets[other])
        pairs.append(
            Pair(
                first=sound[one],
                second=sound[other],
                both=both,
                either=sizes[one] + sizes[other] - both,
                first_size=sizes[one],
                second_size=sizes[other],
            )
        )
    in_any, in_several = _once_and_more(workspace.pk, sets)
    in_all = together.universe
    for members in sets:
        in_all = in_all & members
    return Overlap(
        as_of=as_of,
        universe=len(together.universe),
        segments=[
            Overlapping(segment, size, len(members - in_several))
            for segment, size, members in zip(sound, sizes, sets, strict=True)
        ],
        pairs=pairs,
        in_all=len(in_all) if sets else 0,
        in_any=len(in_any),
        broken=together.broken,
    )


def _once_and_more(workspace_id: int, sets: Sequence[ContactSet]) -> tuple[ContactSet, ContactSet]:
    """Who is in at least one, and who is in at least two of the sets."""
    once = more = ContactSet.empty(workspace_id)
    for members in sets:
        more = more | (once & members)
        once = once | members
    return once, more
