"""Set algebra over a tree: members, and the exact numbers of every node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from segments.criteria.tree import Group, Leaf, Node, Not, SegmentNode, Tree, children_of
from segments.engine.sets import ContactSet
from segments.models import PinDirection

UNIVERSE = "universe"
PRESENT = "present:"


@dataclass(frozen=True)
class NodeCount:
    """One node in numbers (docs/rest.md): the node alone, what reaches it, what is left after it,
    the total without it, and how many of the node are there only for lack of a value or fact."""

    path: str
    size: int
    enters: int
    leaves: int
    without: int
    only_by_absence: int


class Algebra:
    """Combines the sets that were fetched for a tree, and counts its nodes."""

    def __init__(self, tree: Tree, fetched: Mapping[str, ContactSet]) -> None:
        self.tree = tree
        self.sets: dict[str, ContactSet] = {}
        self.counts: list[NodeCount] = []
        self.absent: dict[str, ContactSet] = {}
        self.fetched = fetched
        self.universe = self.fetched[UNIVERSE]
        self._evaluate(tree.root)

    def _evaluate(self, node: Node) -> ContactSet:
        found = self._set_of(node)
        self.sets[node.path] = found
        return found

    def _set_of(self, node: Node) -> ContactSet:
        match node:
            case Leaf():
                matching = self.fetched[node.canonical] & self.universe
                return self.universe - matching if node.criterion.negated else matching
            case Not():
                return self.universe - self._evaluate(node.child)
            case Group():
                sets = [self._evaluate(child) for child in node.live]
                result = sets[0]
                for other in sets[1:]:
                    result = result & other if node.kind == "all" else result | other
                return result
            case SegmentNode():
                return self._segment(node)
            case _:
                assert_never(node)

    def _segment(self, node: SegmentNode) -> ContactSet:
        inside = self._set_of_closed(node.opened)
        kept_in = self.fetched[pin_key(node, PinDirection.IN)] & self.universe
        kept_out = self.fetched[pin_key(node, PinDirection.OUT)]
        return (inside | kept_in) - kept_out

    def _set_of_closed(self, root: Node) -> ContactSet:
        """A referenced segment's tree: its nodes are not part of the document's numbers."""
        outer, self.sets = self.sets, {}
        try:
            return self._evaluate(root)
        finally:
            self.sets = outer

    # --- Numbers of the nodes ---------------------------------------------------------------

    def count(self, pins_in: ContactSet, pins_out: ContactSet) -> None:
        """Fill `counts`, parents before children."""
        self.pins_in, self.pins_out = pins_in, pins_out
        root = self.tree.root
        nobody = ContactSet.empty(self.universe.workspace_id)
        everybody = self.universe
        self._count(root, everybody, self.sets[root.path], (everybody, nobody), everybody, False)

    def _count(
        self,
        node: Node,
        enters: ContactSet,
        leaves: ContactSet,
        context: tuple[ContactSet, ContactSet],
        without: ContactSet,
        is_inverted: bool,
    ) -> None:
        """`context` is (P, N): a contact is in the total if it is in P and the node holds for it,
        or in N and it doesn't. So no node needs the tree evaluated again without it."""
        size = self.sets[node.path]
        effective = self.universe - size if is_inverted else size
        absent = self._absent(node)
        if absent is not None:
            self.absent[node.path] = effective & absent
        self.counts.append(
            NodeCount(
                path=node.path,
                size=len(size),
                enters=len(enters),
                leaves=len(leaves),
                without=len((without | self.pins_in) - self.pins_out),
                only_by_absence=len(self.absent[node.path]) if absent is not None else 0,
            )
        )
        match node:
            case Not():
                positive, negative = context
                child = self.sets[node.child.path]
                self._count(
                    node.child,
                    enters,
                    enters & child,
                    (negative, positive),
                    without,
                    not is_inverted,
                )
            case Group():
                self._count_children(node, enters, context, without, is_inverted)

    def _count_children(
        self,
        node: Group,
        enters: ContactSet,
        context: tuple[ContactSet, ContactSet],
        without_group: ContactSet,
        is_inverted: bool,
    ) -> None:
        positive, negative = context
        children = node.live
        sets = [self.sets[child.path] for child in children]
        is_all = node.kind == "all"
        running = enters if is_all else ContactSet.empty(self.universe.workspace_id)
        rest_of = _all_but_each(sets, is_all=is_all)
        for index, child in enumerate(children):
            others = rest_of[index]
            arrives = running if is_all else enters
            running = running & sets[index] if is_all else running | (sets[index] & enters)
            if others is None:
                self._count(child, arrives, running, context, without_group, is_inverted)
                continue
            rest = (positive & others) | (negative - others)
            inner = (rest, negative) if is_all else (positive, rest)
            self._count(child, arrives, running, inner, rest, is_inverted)

    def _absent(self, node: Node) -> ContactSet | None:
        """Contacts about whom nothing is known of what the node asks; None: it can't be told."""
        present: ContactSet | None = None
        for leaf in _live_leaves(node):
            known = self.fetched.get(f"{PRESENT}{leaf.canonical}")
            if known is None:
                return None
            present = known if present is None else present | known
        return None if present is None else self.universe - present


def _live_leaves(node: Node) -> list[Leaf | SegmentNode]:
    if node.is_disabled:
        return []
    if isinstance(node, Leaf | SegmentNode):
        return [node]
    return [leaf for child in children_of(node) for leaf in _live_leaves(child)]


def _all_but_each(sets: list[ContactSet], *, is_all: bool) -> list[ContactSet | None]:
    """For each set, the others combined; None where there are none."""

    def running(ordered: Iterable[ContactSet]) -> list[ContactSet | None]:
        found: list[ContactSet | None] = [None]
        for each in ordered:
            so_far = found[-1]
            found.append(_join(so_far, each, is_all=is_all))
        return found

    before, after = running(sets), running(reversed(sets))
    last = len(sets) - 1
    return [_join(before[index], after[last - index], is_all=is_all) for index in range(len(sets))]


def _join(one: ContactSet | None, other: ContactSet | None, *, is_all: bool) -> ContactSet | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other if is_all else one | other


def pin_key(node: SegmentNode, direction: PinDirection) -> str:
    return f"pins:{node.segment_id}:{direction.value}"


def combine(tree: Tree, sets: Mapping[str, ContactSet]) -> ContactSet:
    """Members of the tree, without pins, by the sets of its leaves (evaluation.leaves_of)."""
    return Algebra(tree, sets).sets[tree.root.path]
