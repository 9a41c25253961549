"""Evaluates a tree as set algebra: exact counts of every node, and the members, in one go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

from django.db.models import QuerySet

from segments.criteria.scope import Scope
from segments.criteria.tree import Group, Leaf, Node, Not, SegmentNode, Tree, children_of
from segments.engine.leaves import fetch_sets
from segments.engine.sets import ContactSet
from segments.models import PinDirection
from segments.pins import pinned

UNIVERSE = "universe"


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


@dataclass(frozen=True)
class Evaluation:
    """A tree's exact answer at an instant. Size, nodes and members come from one snapshot."""

    as_of: datetime
    universe: ContactSet
    members: ContactSet
    nodes: tuple[NodeCount, ...]
    pins_added: int = 0
    pins_removed: int = 0
    node_sets: Mapping[str, ContactSet] = field(default_factory=dict)
    # By node: who passes it only for lack of a value or fact, whether or not they are members.
    absent_sets: Mapping[str, ContactSet] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.members)


def evaluate_tree(
    tree: Tree,
    scope: Scope,
    *,
    pinned_in: Collection[int] = (),
    pinned_out: Collection[int] = (),
) -> Evaluation:
    """Counts of all nodes and the members. Disabled nodes have no numbers and are left out."""
    fetched = fetch_sets(_queries(tree, scope, with_absence=True), scope)
    evaluator = _Evaluator(scope, tree, fetched)
    root_set = evaluator.sets[tree.root.path]
    workspace_id = scope.workspace.pk
    # Before a set is made of them: a number nobody has would make one of 2^31 bits.
    known_in, known_out = (
        [pin for pin in pins if pin in evaluator.universe] for pins in (pinned_in, pinned_out)
    )
    pins_in = ContactSet.from_ids(workspace_id, known_in)
    pins_out = ContactSet.from_ids(workspace_id, known_out)
    evaluator.count(pins_in, pins_out)
    members = (root_set | pins_in) - pins_out
    return Evaluation(
        as_of=scope.as_of,
        universe=evaluator.universe,
        members=members,
        nodes=tuple(evaluator.counts),
        pins_added=len(members - root_set),
        pins_removed=len(root_set - members),
        node_sets=evaluator.sets,
        absent_sets=evaluator.absent,
    )


def members_of(tree: Tree, scope: Scope) -> ContactSet:
    """The members alone, without the numbers of the nodes."""
    [(members, _universe)] = members_at(tree, [scope])
    return members


def members_at(tree: Tree, scopes: Sequence[Scope]) -> list[tuple[ContactSet, ContactSet]]:
    """Members, without pins, and universe at several instants, by one SQL statement."""
    queries = {
        f"{index}:{key}": queryset
        for index, scope in enumerate(scopes)
        for key, queryset in _queries(tree, scope, with_absence=False).items()
    }
    fetched = fetch_sets(queries, scopes[0])
    answers = []
    for index, scope in enumerate(scopes):
        prefix = f"{index}:"
        own = {
            key.removeprefix(prefix): found
            for key, found in fetched.items()
            if key.startswith(prefix)
        }
        evaluator = _Evaluator(scope, tree, own)
        answers.append((evaluator.sets[tree.root.path], evaluator.universe))
    return answers


def _queries(tree: Tree, scope: Scope, *, with_absence: bool) -> dict[str, QuerySet[Any]]:
    queries: dict[str, QuerySet[Any]] = {UNIVERSE: scope.contacts().values("pk")}
    _collect(tree.root, scope, queries, with_absence=with_absence)
    return queries


class _Evaluator:
    """Combines sets that were fetched, and counts the nodes."""

    def __init__(self, scope: Scope, tree: Tree, fetched: Mapping[str, ContactSet]) -> None:
        self.scope = scope
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
        kept_in = self.fetched[_pin_key(node, PinDirection.IN)] & self.universe
        kept_out = self.fetched[_pin_key(node, PinDirection.OUT)]
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
        nobody = ContactSet.empty(self.scope.workspace.pk)
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
        running = enters if is_all else ContactSet.empty(self.scope.workspace.pk)
        for index, child in enumerate(children):
            others = _combine(sets[:index] + sets[index + 1 :], node.kind)
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
            known = self.fetched.get(f"present:{leaf.canonical}")
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


def _combine(sets: list[ContactSet], kind: str) -> ContactSet | None:
    if not sets:
        return None
    result = sets[0]
    for other in sets[1:]:
        result = result & other if kind == "all" else result | other
    return result


def _pin_key(node: SegmentNode, direction: PinDirection) -> str:
    return f"pins:{node.segment_id}:{direction.value}"


def _collect(
    node: Node, scope: Scope, queries: dict[str, QuerySet[Any]], *, with_absence: bool
) -> None:
    """The querysets of every live row, once each, also inside referenced segments."""
    if node.is_disabled:
        return
    if isinstance(node, Leaf):
        if node.canonical not in queries:
            queries[node.canonical] = node.criterion.matching(scope)
        # Asked apart: the same row may stand in a referenced segment, where nobody asks for it.
        if with_absence and f"present:{node.canonical}" not in queries:
            present = node.criterion.present(scope)
            if present is not None:
                queries[f"present:{node.canonical}"] = present
    elif isinstance(node, SegmentNode):
        _collect(node.opened, scope, queries, with_absence=False)
        for direction in PinDirection:
            pins = scope.contacts().filter(pinned(node.segment_id, direction, scope))
            queries[_pin_key(node, direction)] = pins.values("pk")
    for child in children_of(node):
        _collect(child, scope, queries, with_absence=with_absence)
