"""Asks the product many trees at once, by both of its ways."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from segments.compiler import compile_tree
from segments.criteria import tree as trees
from segments.criteria.scope import Scope
from segments.criteria.tree import Tree, children_of, parse_tree
from segments.engine.evaluation import evaluate_tree
from tests.segments.world import World

Document = dict[str, Any]
CHUNK = 50


@contextmanager
def wide_trees() -> Iterator[None]:
    """Lets one tree hold many: the limits are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MAX_LEAVES", "MAX_DEPTH", "MAX_BYTES", "MAX_COST"):
            patch.setattr(trees, name, 10**8)
        yield


class Asking:
    """Many trees at one instant, read once."""

    def __init__(self, world: World, documents: Sequence[Document], as_of: datetime) -> None:
        groups = [documents[start : start + CHUNK] for start in range(0, len(documents), CHUNK)]
        with wide_trees():
            wide = {"any": [{"any": list(group)} for group in groups]}
            self.tree = parse_tree(wide, workspace=world.workspace)
        self.nodes = [node for group in children_of(self.tree.root) for node in children_of(group)]
        self.scope = Scope(world.workspace, as_of)

    def sets(self, *, only: Collection[int] | None = None) -> list[frozenset[int]]:
        """What each tree matches, by the evaluator of leaf sets: each distinct leaf asked once."""
        found = evaluate_tree(self.tree, self.scope.only(only)).node_sets
        return [frozenset(found[node.path].ids()) for node in self.nodes]

    def compiled(self, number: int) -> frozenset[int]:
        """What one of the trees matches, as one queryset."""
        found = compile_tree(Tree(self.nodes[number]), self.scope)
        return frozenset(found.values_list("pk", flat=True))


def by_sets(
    world: World,
    documents: Sequence[Document],
    as_of: datetime,
    *,
    only: Collection[int] | None = None,
) -> list[frozenset[int]]:
    return Asking(world, documents, as_of).sets(only=only)


def compiled(world: World, document: Document, as_of: datetime) -> frozenset[int]:
    """What the tree matches, as one queryset."""
    tree = parse_tree(document, workspace=world.workspace)
    found = compile_tree(tree, Scope(world.workspace, as_of))
    return frozenset(found.values_list("pk", flat=True))


def everybody(world: World, as_of: datetime) -> frozenset[int]:
    return frozenset(Scope(world.workspace, as_of).contacts().values_list("pk", flat=True))
