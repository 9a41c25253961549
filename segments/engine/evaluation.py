"""Evaluates a tree as set algebra: exact counts of every node, and the members, in one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet

from segments.criteria.base import Criterion
from segments.criteria.scope import Scope
from segments.criteria.settled import compared_by, matching_of, present_of
from segments.criteria.tree import Leaf, Node, SegmentNode, Tree, children_of
from segments.engine.absence import leaves_passed_by_absence
from segments.engine.algebra import (
    PRESENT,
    UNIVERSE,
    Algebra,
    NodeCount,
    combine,
    pin_key,
)
from segments.engine.bringing import Held, bring
from segments.engine.leaves import fetch_sets
from segments.engine.questions import LeafMake
from segments.engine.sets import ContactSet
from segments.engine.shared import current, current_sets
from segments.engine.templates import asked_all
from segments.models import PinDirection
from segments.pins import NO_PINS, Pins, pinned

# Microseconds: leaves that take less than this together are asked anew for each instant.
CHEAP = 20_000


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
    unmeasured: frozenset[str] = frozenset()  # leaves that answer another threshold slowly
    outdated: frozenset[str] = frozenset()  # tables to be kept anew (engine/columns/)

    @property
    def size(self) -> int:
        return len(self.members)


def evaluate_tree(
    tree: Tree, scope: Scope, *, pins: Pins = NO_PINS, with_numbers: bool = True
) -> Evaluation:
    """Counts of all nodes and the members. Disabled nodes have no numbers and are left out.

    `with_numbers`: whether the numbers of nodes are wanted, which takes more questions.
    """
    found = current(leaves_of(tree, with_absence=with_numbers), scope)
    algebra = Algebra(tree, found.sets)
    root_set = algebra.sets[tree.root.path]
    kept_in, kept_out = pins.sets(algebra.universe)
    if with_numbers:
        algebra.count(kept_in, kept_out)
    members = (root_set | kept_in) - kept_out
    return Evaluation(
        as_of=scope.as_of,
        universe=algebra.universe,
        members=members,
        nodes=tuple(algebra.counts),
        pins_added=len(members - root_set),
        pins_removed=len(root_set - members),
        node_sets=algebra.sets,
        absent_sets=algebra.absent,
        unmeasured=found.unmeasured,
        outdated=found.outdated,
    )


def members_of_each(trees: Sequence[Tree], scope: Scope) -> tuple[list[ContactSet], ContactSet]:
    """The members of several trees, and the universe, from one snapshot; what they share is asked
    once."""
    sets = current_sets(leaves_of(*trees, with_absence=False), scope)
    return [combine(tree, sets) for tree in trees], sets[UNIVERSE]


def members_of(tree: Tree, scope: Scope) -> ContactSet:
    """The members alone, without the numbers of the nodes."""
    [(members, _universe)] = members_at(tree, [scope])
    return members


def members_at(tree: Tree, scopes: Sequence[Scope]) -> list[tuple[ContactSet, ContactSet]]:
    """Members, without pins, and universe at several instants.

    Where a leaf takes long to ask, its set is brought from one instant to the next.
    """
    makes = leaves_of(tree, with_absence=False)
    first = bring(asked_all(makes, scopes[0]), {}, scopes[0])
    if sum(each.build_us for each in first.held.values()) < CHEAP:
        sets = [first.sets, *_all_at_once(makes, scopes[1:])]
    else:
        sets = [first.sets, *_one_after_the_other(makes, first.held, scopes[1:])]
    answers = [Algebra(tree, each) for each in sets]
    return [(each.sets[tree.root.path], each.universe) for each in answers]


def _one_after_the_other(
    makes: Mapping[str, LeafMake], held: Mapping[str, Held], scopes: Sequence[Scope]
) -> Iterator[dict[str, ContactSet]]:
    for scope in scopes:
        brought = bring(asked_all(makes, scope), held, scope)
        held = brought.held
        yield brought.sets


def _all_at_once(
    makes: Mapping[str, LeafMake], scopes: Sequence[Scope]
) -> Iterator[dict[str, ContactSet]]:
    """By one SQL statement."""
    if not scopes:
        return
    queries = {
        f"{index}:{name}": make(scope)
        for index, scope in enumerate(scopes)
        for name, make in makes.items()
    }
    fetched = fetch_sets(queries, scopes[0])
    for index in range(len(scopes)):
        yield {name: fetched[f"{index}:{name}"] for name in makes}


def leaves_of(*trees: Tree, with_absence: bool) -> dict[str, LeafMake]:
    """What has to be asked for these trees, once each, also inside referenced segments.

    `with_absence`: also who has a value or fact of the kind asked about, where somebody could be
    in only for lack of one.
    """
    makes = {UNIVERSE: LeafMake(_universe, ())}
    for tree in trees:
        _collect(tree.root, makes)
        if with_absence:
            for leaf in leaves_passed_by_absence(tree):
                criterion = leaf.criterion
                # The same of every threshold: no part of the row that `present` doesn't ask.
                present = LeafMake(partial(_present, criterion), _named(leaf), PRESENT)
                makes.setdefault(f"{PRESENT}{leaf.canonical}", present)
    return makes


def _universe(scope: Scope) -> QuerySet[Any]:
    return scope.contacts().values("pk")


def _collect(node: Node, makes: dict[str, LeafMake]) -> None:
    if node.is_disabled:
        return
    if isinstance(node, Leaf):
        criterion = node.criterion
        make = LeafMake(
            partial(matching_of, criterion),
            _named(node),
            compared=partial(compared_by, criterion),
        )
        makes.setdefault(node.canonical, make)
    elif isinstance(node, SegmentNode):
        _collect(node.opened, makes)
        for direction in PinDirection:
            pins = LeafMake(partial(_pinned, node.segment_id, direction), ())
            makes.setdefault(pin_key(node, direction), pins)
    for child in children_of(node):
        _collect(child, makes)


def _named(leaf: Leaf) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({(each.kind, each.key) for each in leaf.references}))


def _present(criterion: Criterion, scope: Scope) -> QuerySet[Any]:
    present = present_of(criterion, scope)
    return scope.contacts().values("pk") if present is None else present


def _pinned(segment_id: int, direction: PinDirection, scope: Scope) -> QuerySet[Any]:
    return scope.contacts().filter(pinned(segment_id, direction, scope)).values("pk")
