"""Who a campaign is for: members of segments and lists at one instant, minus exclusions.

Everything is evaluated from one snapshot of the database by the engine that counts segments, pins
included. What may not be sent to is refused with a text that says what to do about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.documents import Audience
from campaigns.frozen import UsedSegment
from contacts.models import NUMBER_BITS, ListEntry, StaticList
from segments.criteria.scope import Scope
from segments.criteria.tree import InvalidTree, Tree
from segments.engine.algebra import UNIVERSE, Algebra, combine
from segments.engine.coverage import gap_warnings
from segments.engine.evaluation import leaves_of
from segments.engine.questions import LeafMake
from segments.engine.sets import ContactSet
from segments.engine.shared import current_sets
from segments.models import Segment, SegmentState
from segments.services.recounting import closed_tree, tree_of
from workspaces.models import Workspace

MOST_CONDITIONS = 63  # bits of a recipient's `blocks`


@dataclass(frozen=True)
class Refusal:
    """Why an audience may not be sent to, and what to do about it."""

    code: str  # empty, gone, archived, failed, broken, too_many
    message: str
    kind: str = ""  # segment or list
    id: int | None = None


class AudienceRefusedError(Exception):
    """The audience can't be trusted; `reasons` names each fault."""

    def __init__(self, reasons: Sequence[Refusal]) -> None:
        super().__init__(" ".join(reason.message for reason in reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class CoverageGap:
    """A negative row of a segment looks back to before its source was recorded."""

    segment_id: int
    segment: str
    path: str
    message: str


@dataclass(frozen=True)
class CountedSegment:
    """A segment of the audience or of a conditional block, counted."""

    segment: Segment
    tree: Tree
    uses: tuple[str, ...]  # include, exclude, block
    members: ContactSet
    nodes: Mapping[str, int] = field(default_factory=dict)  # contacts of each row, by path
    bit: int | None = None


@dataclass(frozen=True)
class CountedList:
    """A list of the audience with who was on it."""

    static_list: StaticList
    uses: tuple[str, ...]
    members: ContactSet


@dataclass(frozen=True)
class CountedAudience:
    """Everything an audience depends on, at one instant."""

    as_of: datetime
    universe: ContactSet
    segments: Sequence[CountedSegment]
    lists: Sequence[CountedList]
    inside: ContactSet  # in the segments and lists
    excluded: ContactSet  # in an exclusion, whether inside or not
    coverage: Sequence[CoverageGap] = ()

    @property
    def conditional(self) -> Sequence[CountedSegment]:
        """Segments that decide what is shown, in the order of their bits."""
        found = [each for each in self.segments if each.bit is not None]
        return sorted(found, key=lambda each: each.bit or 0)

    def used(self) -> list[UsedSegment]:
        """For the receipt."""
        segments = [
            UsedSegment(
                kind="segment",
                id=each.segment.pk,
                name=each.segment.name,
                uses=each.uses,
                size=len(each.members),
                members_hash=hash_of_members(each.members),
                bit=each.bit,
                version=each.segment.version_number,
                definition=each.segment.definition,
                nodes=each.nodes,
            )
            for each in self.segments
        ]
        lists = [
            UsedSegment(
                kind="list",
                id=each.static_list.pk,
                name=each.static_list.name,
                uses=each.uses,
                size=len(each.members),
                members_hash=hash_of_members(each.members),
            )
            for each in self.lists
        ]
        return [*segments, *lists]


def hash_of_members(members: ContactSet) -> str:
    """SHA-256 over the sorted contact ids, each as a big-endian integer of eight bytes."""
    base = members.workspace_id << NUMBER_BITS
    return hashlib.sha256((members.numbers() | base).astype(">i8").tobytes()).hexdigest()


def count_audience(
    *,
    workspace: Workspace,
    audience: Audience,
    conditions: Iterable[int] = (),
    as_of: datetime,
) -> CountedAudience:
    """Everybody the audience and the conditional blocks name, at the instant.

    Raises `AudienceRefusedError` for a segment that failed, is broken, archived or gone.
    """
    return _Counting(workspace, audience, sorted(conditions), as_of).run()


class _Counting:
    def __init__(
        self, workspace: Workspace, audience: Audience, conditions: Sequence[int], as_of: datetime
    ) -> None:
        self.workspace = workspace
        self.audience = audience
        self.conditions = conditions
        self.scope = Scope(workspace, as_of)
        self.refusals: list[Refusal] = []

    def run(self) -> CountedAudience:
        if self.audience.is_empty:
            message = _("The campaign has no audience yet. Choose a segment or a list.")
            self.refusals.append(Refusal("empty", message))
        if len(self.conditions) > MOST_CONDITIONS:
            message = _("At most 63 segments can decide what is shown. Use fewer conditions.")
            self.refusals.append(Refusal("too_many", message))
        uses = self._uses_of_segments()
        trees = self._trees(uses)
        lists = self._lists()
        if self.refusals:
            raise AudienceRefusedError(self.refusals)
        closed = {pk: closed_tree(segment, tree) for pk, (segment, tree) in trees.items()}
        makes = leaves_of(*closed.values(), with_absence=False)
        for pk in lists:
            makes[f"list:{pk}"] = LeafMake(partial(_on_list, pk), ())
        sets = current_sets(makes, self.scope)
        segments = {
            pk: CountedSegment(
                segment=segment,
                tree=tree,
                uses=uses[pk],
                members=combine(closed[pk], sets),
                nodes={path: len(each) for path, each in Algebra(tree, sets).sets.items()},
                bit=self.conditions.index(pk) if pk in self.conditions else None,
            )
            for pk, (segment, tree) in trees.items()
        }
        on_list = {pk: sets[f"list:{pk}"] & sets[UNIVERSE] for pk in lists}
        return self._combined(sets[UNIVERSE], segments, lists, on_list)

    def _combined(
        self,
        universe: ContactSet,
        segments: Mapping[int, CountedSegment],
        lists: Mapping[int, tuple[StaticList, tuple[str, ...]]],
        on_list: Mapping[int, ContactSet],
    ) -> CountedAudience:
        wanted = self.audience
        included = [segments[pk].members for pk in wanted.segments]
        included += [on_list[pk] for pk in wanted.lists]
        inside = included[0]
        for each in included[1:]:
            inside = inside & each if wanted.match == "all" else inside | each
        excluded = ContactSet.empty(self.workspace.pk)
        for pk in wanted.exclude_segments:
            excluded = excluded | segments[pk].members
        for pk in wanted.exclude_lists:
            excluded = excluded | on_list[pk]
        return CountedAudience(
            as_of=self.scope.as_of,
            universe=universe,
            segments=list(segments.values()),
            lists=[CountedList(found, uses, on_list[pk]) for pk, (found, uses) in lists.items()],
            inside=inside,
            excluded=excluded,
            coverage=self._coverage(segments.values()),
        )

    def _uses_of_segments(self) -> dict[int, tuple[str, ...]]:
        """What each segment is used for, in the order they are named."""
        audience = self.audience
        return _uses(
            include=audience.segments, exclude=audience.exclude_segments, block=self.conditions
        )

    def _trees(self, uses: Mapping[int, tuple[str, ...]]) -> dict[int, tuple[Segment, Tree]]:
        rows = Segment.objects.in_workspace(self.workspace).filter(pk__any_of=list(uses))
        found = {segment.pk: segment for segment in rows}
        trees: dict[int, tuple[Segment, Tree]] = {}
        for pk in uses:
            segment = found.get(pk)
            tree = self._tree(pk, segment)
            if segment is not None and tree is not None:
                trees[pk] = segment, tree
        return trees

    def _tree(self, pk: int, segment: Segment | None) -> Tree | None:
        if segment is None:
            self._refuse("gone", pk, _("A segment of the campaign is gone. Choose another one."))
            return None
        name = {"name": segment.name}
        if segment.archived_at is not None:
            text = _("The segment “%(name)s” is archived. Restore it or choose another one.")
            self._refuse("archived", pk, text % name)
        elif segment.state == SegmentState.FAILED:
            text = _(
                "The latest count of the segment “%(name)s” failed. Count it again and see why."
            )
            self._refuse("failed", pk, text % name)
        elif segment.state == SegmentState.BROKEN:
            self._refuse("broken", pk, _broken() % {**name, "error": segment.error})
        else:
            try:
                return tree_of(segment=segment, workspace=self.workspace)
            except InvalidTree as error:
                details = {**name, "error": error.errors[0].message}
                self._refuse("broken", pk, _broken() % details)
        return None

    def _refuse(self, code: str, pk: int, message: str, kind: str = "segment") -> None:
        self.refusals.append(Refusal(code, message, kind, pk))

    def _lists(self) -> dict[int, tuple[StaticList, tuple[str, ...]]]:
        audience = self.audience
        uses = _uses(include=audience.lists, exclude=audience.exclude_lists)
        rows = StaticList.objects.in_workspace(self.workspace).filter(pk__any_of=list(uses))
        found = {each.pk: each for each in rows if each.archived_at is None}
        for pk in uses:
            if pk not in found:
                message = _("A list of the campaign is gone or archived. Choose another one.")
                self._refuse("gone", pk, message, kind="list")
        return {pk: (found[pk], uses[pk]) for pk in uses if pk in found}

    def _coverage(self, segments: Iterable[CountedSegment]) -> list[CoverageGap]:
        """Rows that nearly everybody passes because nothing was recorded that far back."""
        gaps = []
        for each in segments:
            for use in set(each.uses) & {"include", "exclude"}:
                is_excluded = use == "exclude"
                for gap in gap_warnings(each.tree, self.scope, is_excluded=is_excluded):
                    text = f"{each.segment.name}: {gap.message}"
                    gaps.append(CoverageGap(each.segment.pk, each.segment.name, gap.path, text))
        return gaps


def _broken() -> str:
    return _("The segment “%(name)s” is broken: %(error)s Correct it, then send.")


def _uses(**named: Iterable[int]) -> dict[int, tuple[str, ...]]:
    uses: dict[int, tuple[str, ...]] = {}
    for use, ids in named.items():
        for pk in dict.fromkeys(ids):
            uses[pk] = (*uses.get(pk, ()), use)
    return uses


def _on_list(list_id: int, scope: Scope) -> QuerySet[Any]:
    return scope.valid(ListEntry).filter(static_list_id=list_id).values("contact_id")
