"""Turns a criteria tree into one queryset of contacts.

Invariant: compiling only ever narrows the scope's universe. No criterion can bring in a contact
that `scope.contacts()` did not already contain.
"""

from __future__ import annotations

from typing import Any, assert_never

from django.db.models import Q, QuerySet

from contacts.models import Contact
from segments.criteria.base import Criterion
from segments.criteria.scope import Scope
from segments.criteria.settled import matching_of
from segments.criteria.tree import Group, Leaf, Node, Not, SegmentNode, Tree
from segments.pins import apply_pins


def compile_tree(tree: Tree, scope: Scope) -> QuerySet[Contact]:
    """The contacts of the scope's universe that match the tree."""
    return scope.contacts().filter(_where(tree.root, scope))


def compile_criterion(criterion: Criterion, scope: Scope) -> QuerySet[Contact]:
    """The contacts of the scope's universe that match one criterion."""
    return scope.contacts().filter(_leaf(criterion, scope))


def _where(node: Node, scope: Scope) -> Q:
    match node:
        case Leaf():
            return _leaf(node.criterion, scope)
        case Not():
            return ~Q(pk__in=_ids(node.child, scope))
        case Group():
            condition = Q()
            for child in node.live:
                part = _where(child, scope)
                condition = condition & part if node.kind == "all" else condition | part
            return condition
        case SegmentNode():
            inside = Q(pk__in=_ids(node.opened, scope))
            return apply_pins(inside, node.segment_id, scope)
        case _:
            assert_never(node)


def _ids(node: Node, scope: Scope) -> QuerySet[Contact, Any]:
    """A complement is taken of ids, never of a condition: nothing can turn null."""
    return scope.contacts().filter(_where(node, scope)).values("pk")


def _leaf(criterion: Criterion, scope: Scope) -> Q:
    matching = Q(pk__in=matching_of(criterion, scope))
    return ~matching if criterion.negated else matching
