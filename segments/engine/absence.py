"""Where in a tree somebody could be in only for lack of a value or of any fact.

Of a contact about whom nothing is known, a row holds if and only if it is a negative one. So
whether a node would hold for such a contact is known without asking, and only where it would does
it matter who they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from segments.criteria.base import Criterion
from segments.criteria.tree import Group, Leaf, Node, Not, SegmentNode, Tree, children_of


def leaves_passed_by_absence(tree: Tree) -> Iterator[Leaf]:
    """Rows of whose contacts it has to be known who has a value or fact at all."""
    yield from _needed(tree.root, is_inverted=False)


def _needed(node: Node, *, is_inverted: bool) -> Iterator[Leaf]:
    if node.is_disabled or isinstance(node, SegmentNode):
        return
    leaves = _leaves(node)
    if leaves is not None and _holds(node) != is_inverted:
        yield from leaves
    for child in children_of(node):
        yield from _needed(child, is_inverted=is_inverted != isinstance(node, Not))


def _leaves(node: Node) -> list[Leaf] | None:
    """The live rows below; None where one can't tell who lacks what it asks about."""
    if node.is_disabled:
        return []
    if isinstance(node, SegmentNode):
        return None
    if isinstance(node, Leaf):
        return None if type(node.criterion).present is Criterion.present else [node]
    found: list[Leaf] = []
    for child in children_of(node):
        below = _leaves(child)
        if below is None:
            return None
        found += below
    return found


def _holds(node: Node) -> bool:
    """Whether the node holds for a contact about whom nothing is known."""
    match node:
        case Leaf():
            return node.criterion.negated
        case Not():
            return not _holds(node.child)
        case Group():
            combined = all if node.kind == "all" else any
            return combined(_holds(child) for child in node.live)
        case _:
            return False
