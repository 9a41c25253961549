"""Which segments are followed live, by which trees, and who is in them.

Live is every segment that is counted by itself: not archived, not "only on demand", not broken. One
that stops being live stands still, without events; when it is live again, the difference enters and
leaves as a first count does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from segments.criteria.tree import (
    InvalidTree,
    Leaf,
    Node,
    SegmentNode,
    Tree,
    children_of,
    to_document,
)
from segments.engine.algebra import UNIVERSE
from segments.engine.evaluation import leaves_of
from segments.engine.sets import ContactSet
from segments.models import Schedule, Segment, SegmentState
from segments.pins import NO_PINS, Pins
from segments.services.recounting import tree_of
from workspaces.models import Workspace


@dataclass(frozen=True)
class Definition:
    """A live segment's tree, and where in it each leaf set counts."""

    segment_id: int
    version_number: int
    tree: Tree
    meaning: str  # differs when the tree or one it names does
    names: tuple[str, ...]  # of its leaf sets, with the universe
    paths: Mapping[str, tuple[str, ...]]  # by leaf set: rows of the document
    rows: Mapping[str, Tree]  # by path: each row as a tree of its own
    names_segments: bool


@dataclass
class Followed:
    """A segment's members as the events so far say."""

    segment_id: int
    version_number: int
    members: ContactSet
    size: int = 0
    definition: Definition | None = None
    is_live: bool = True  # whether it was, at the last pulse
    pins: Pins = NO_PINS
    row_id: int | None = None  # of LiveMembers
    is_moved: bool = False  # since its members were written


@dataclass
class Definitions:
    """The live segments of a workspace; read again only where something changed."""

    workspace: Workspace
    seen: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    live: dict[int, Definition] = field(default_factory=dict)

    def read(self, *, is_everything_new: bool = False) -> dict[int, Definition]:
        """What is live now. `is_everything_new`: names may have come to mean something else."""
        rows = self._rows()
        if rows == self.seen and not is_everything_new:
            return self.live
        unchanged = {pk for pk, row in rows.items() if self.seen.get(pk) == row}
        wanted = [pk for pk, (_version, is_live, _mended) in rows.items() if is_live]
        stale = [pk for pk in wanted if not self._still_holds(pk, unchanged, is_everything_new)]
        versions = {pk: row[0] for pk, row in rows.items()}
        read = self._parse(stale, versions)
        kept = {pk: self.live[pk] for pk in wanted if pk not in set(stale) and pk in self.live}
        self.seen, self.live = rows, {**kept, **read}
        return self.live

    def _rows(self) -> dict[int, tuple[Any, ...]]:
        """Version, whether it is to be followed, and whether it is known to be broken."""
        segments = Segment.objects.in_workspace(self.workspace)
        fields = ("pk", "version_number", "schedule", "archived_at", "state")
        return {
            pk: (
                version,
                archived_at is None and schedule != Schedule.NONE,
                state == SegmentState.BROKEN,
            )
            for pk, version, schedule, archived_at, state in segments.values_list(*fields)
        }

    def _still_holds(self, pk: int, unchanged: set[int], is_everything_new: bool) -> bool:
        known = self.live.get(pk)
        if is_everything_new or pk not in unchanged:
            return False
        return known is not None and not known.names_segments

    def _parse(self, ids: Iterable[int], versions: Mapping[int, int]) -> dict[int, Definition]:
        found = {}
        for segment in Segment.objects.in_workspace(self.workspace).filter(pk__in=list(ids)):
            try:
                tree = tree_of(segment=segment, workspace=self.workspace)
            except InvalidTree:
                continue  # its next count says so on its page
            found[segment.pk] = define(segment, tree, versions)
        return found


def define(segment: Segment, tree: Tree, versions: Mapping[int, int]) -> Definition:
    """A segment's tree, ready to be followed."""
    meaning = _meaning(tree.root, versions)
    return Definition(
        segment_id=segment.pk,
        version_number=segment.version_number,
        tree=tree,
        meaning=json.dumps(meaning, sort_keys=True, default=str),
        names=tuple(leaves_of(tree, with_absence=False)),
        paths=_paths(tree),
        rows={node.path: Tree(node) for node in _live_rows(tree.root)},
        names_segments=len(meaning) > 1,
    )


def _meaning(root: Node, versions: Mapping[int, int]) -> list[Any]:
    """The document, then what the segments it names say."""
    found: list[Any] = [to_document(root)]
    for node in _live_rows(root):
        if isinstance(node, SegmentNode):
            found.append(_meaning(node.opened, versions))
            continue
        named = [ref.key for ref in node.references if ref.kind == "segment"]
        found += [[key, versions.get(int(key))] for key in named if key.isdecimal()]
    return found


def _paths(tree: Tree) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for node in _live_rows(tree.root):
        names = [node.canonical] if isinstance(node, Leaf) else _names_below(node)
        for name in names:
            found[name] = (*found.get(name, ()), node.path)
    return found


def _names_below(node: SegmentNode) -> list[str]:
    return [name for name in leaves_of(Tree(node), with_absence=False) if name != UNIVERSE]


def _live_rows(node: Node) -> list[Leaf | SegmentNode]:
    if node.is_disabled:
        return []
    if isinstance(node, Leaf | SegmentNode):
        return [node]
    return [row for child in children_of(node) for row in _live_rows(child)]
