"""Which rows turn a tree's answer about one contact from one instant to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from segments.criteria.tree import Leaf, Node, SegmentNode, Tree, children_of
from segments.engine.sets import ContactSet
from segments.sentence import say_row

Sets = Mapping[str, ContactSet]


@dataclass(frozen=True)
class Flip:
    """A row that turned; `path` is its place in the document, `sentence` what it says, and
    `holds` whether that is true afterwards (None: it isn't a row)."""

    path: str
    sentence: str
    holds: bool | None = None


def flipped_rows(
    tree: Tree, before: Sets, after: Sets, contact_id: int, *, currency: str
) -> list[Flip]:
    """The rows whose turning turns the whole tree for the contact; none where it didn't turn.

    `before` and `after` have the members of each node by path. In a group that turned, the
    children that turned with it are the reason: had they not turned, neither had the group.
    """
    speech = tree.speech(currency)

    def turned(node: Node) -> bool:
        return (contact_id in before[node.path]) != (contact_id in after[node.path])

    def rows(node: Node) -> Iterator[Flip]:
        if node.is_disabled or not turned(node):
            return
        if isinstance(node, Leaf | SegmentNode):
            yield Flip(node.path, say_row(node, speech), contact_id in after[node.path])
        for child in children_of(node):
            yield from rows(child)

    return list(rows(tree.root))
