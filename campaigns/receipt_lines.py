"""The segments of a receipt in words, each row with how many it matched then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.frozen import UsedSegment
from segments.criteria.base import Speech
from segments.criteria.tree import (
    Group,
    InvalidTree,
    Leaf,
    Node,
    Not,
    SegmentNode,
    children_of,
    parse_tree,
)
from segments.sentence import say_row
from workspaces.models import Workspace


@dataclass(frozen=True)
class Line:
    """A row or a group of a segment."""

    depth: int
    text: str
    number: int | None  # contacts it matched; None for what was switched off


def lines_of(*, workspace: Workspace, used: UsedSegment) -> list[Line]:
    """The rows of a segment as it was sent to.

    Names are those of today. Rows that can't be said any more, because what they name is gone,
    are called by their place.
    """
    nodes = used.nodes or {}
    where = (used.definition or {}).get("where")
    try:
        tree = parse_tree(where, workspace=workspace, ancestors=(used.id,))
    except InvalidTree:
        return [Line(path.count("["), path, number) for path, number in nodes.items()]
    return list(_lines(tree.root, tree.speech(workspace.base_currency), nodes, 0))


def _lines(node: Node, speech: Speech, nodes: Mapping[str, int], depth: int) -> Iterator[Line]:
    yield Line(depth, _say(node, speech), nodes.get(node.path))
    for child in children_of(node):
        yield from _lines(child, speech, nodes, depth + 1)


def _say(node: Node, speech: Speech) -> str:
    match node:
        case Leaf() | SegmentNode():
            return say_row(node, speech)
        case Not():
            return _("not")
        case Group(kind="all"):
            return _("all of these")
        case Group():
            return _("any of these")


def uses_in_words(used: UsedSegment) -> list[str]:
    """What the send took the segment for."""
    words: dict[str, Any] = {
        "include": _("written to"),
        "exclude": _("left out"),
        "block": _("decides what is shown"),
    }
    return [str(words.get(use, use)) for use in used.uses]
