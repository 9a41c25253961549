"""5,000 random trees: the compiled queryset, the leaf sets and the plain evaluator agree (T-16)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from segments.criteria.scope import Scope
from segments.criteria.tree import Tree, parse_tree
from segments.engine.evaluation import evaluate_tree
from segments.sentence import sentence_of
from tests.laws.answering import Asking, by_sets, compiled
from tests.laws.oracle import Oracle, live
from tests.laws.random_trees import SLOW, Document, Grower, leaves_in, shared_leaves
from tests.segments.world import World
from tests.segments.world_time import AS_OFS
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

CHUNKS, TREES = 8, 625
# In the ordinary tier one tree in so many is also run as a queryset; at night all are. Every leaf
# is run as a queryset in both.
SHARE = 2


@pytest.fixture(scope="module")
def oracle(world: World, django_db_blocker: Any) -> Oracle:
    with django_db_blocker.unblock(), workspace_scope(world.workspace):
        return Oracle(world.workspace.pk)


@pytest.fixture(scope="module")
def leaves(world: World, django_db_blocker: Any) -> list[Document]:
    with django_db_blocker.unblock(), workspace_scope(world.workspace):
        return shared_leaves(world)


def grown(world: World, leaves: list[Document], chunk: int) -> list[Document]:
    grower = Grower(world, leaves, seed=chunk)
    return [grower.tree() for _ in range(TREES)]


def test_every_shared_leaf_alone(
    world: World, oracle: Oracle, leaves: list[Document], record_property: Any
) -> None:
    """Both ways and the oracle, so that the trees only have to show the algebra."""
    wrong = []
    with workspace_scope(world.workspace):
        for as_of in AS_OFS[:3]:
            found = by_sets(world, leaves, as_of)
            for leaf, members in zip(leaves, found, strict=True):
                if members != oracle.matching(leaf, as_of):
                    wrong.append(("leaf set", as_of.isoformat(), told(leaf)))
        for number, leaf in enumerate(leaves):
            as_of = AS_OFS[number % len(AS_OFS)]
            if compiled(world, leaf, as_of) != oracle.matching(leaf, as_of):
                wrong.append(("queryset", as_of.isoformat(), told(leaf)))
    assert not wrong, "\n".join(map(str, wrong))
    record_property("distinct leaves", len(leaves))


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_trees(
    world: World, oracle: Oracle, leaves: list[Document], chunk: int, record_property: Any
) -> None:
    as_of, trees = AS_OFS[chunk], grown(world, leaves, chunk)
    with workspace_scope(world.workspace):
        asking = Asking(world, trees, as_of)
        expected = [oracle.matching(tree, as_of) for tree in trees]
        wrong = [told(t) for t, s, e in zip(trees, asking.sets(), expected, strict=True) if s != e]
        assert not wrong, f"leaf sets, as of {as_of.isoformat()}"
        sample = range(chunk % SHARE, TREES, SHARE)
        wrong = [told(trees[n]) for n in sample if asking.compiled(n) != expected[n]]
        assert not wrong, f"querysets, as of {as_of.isoformat()}"
    record_property("random trees by leaf sets and oracle", len(trees))
    record_property("random trees by querysets too", len(sample))


@pytest.mark.night
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_random_tree_as_a_queryset(
    world: World, oracle: Oracle, leaves: list[Document], chunk: int, record_property: Any
) -> None:
    as_of, trees = AS_OFS[chunk], grown(world, leaves, chunk)
    with workspace_scope(world.workspace):
        asking = Asking(world, trees, as_of)
        for number, tree in enumerate(trees):
            assert asking.compiled(number) == oracle.matching(tree, as_of), told(tree)
    record_property("random trees by querysets at night", len(trees))


def test_the_numbers_of_all_nodes(
    world: World, oracle: Oracle, leaves: list[Document], record_property: Any
) -> None:
    """Size, enters, leaves and without of every node, against trees rewritten by hand."""
    grower, as_of, number_of_nodes = Grower(world, leaves, seed=777), AS_OFS[0], 0
    with workspace_scope(world.workspace):
        for _ in range(60):
            document = grower.tree()
            tree = parse_tree(document, workspace=world.workspace)
            evaluation = evaluate_tree(tree, Scope(world.workspace, as_of))
            numbers = {n.path: (n.size, n.enters, n.leaves, n.without) for n in evaluation.nodes}
            expected = dict(Numbers(oracle, document, as_of).walk())
            assert numbers == expected, told(document)
            number_of_nodes += len(numbers)
    record_property("nodes with numbers", number_of_nodes)


class Numbers:
    """The numbers of every node, the slow way: each tree asked again (docs/rest.md)."""

    def __init__(self, oracle: Oracle, document: Document, as_of: Any) -> None:
        self.oracle, self.document, self.as_of = oracle, document, as_of
        self.everybody = oracle.universe(as_of)

    def walk(self) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
        size = self.oracle.matching(self.document, self.as_of)
        yield from self._node(self.document, (), self.everybody, size)

    def _node(
        self, node: Document, place: tuple[Any, ...], enters: set[int], leaves: set[int]
    ) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
        size = len(self.oracle.matching(node, self.as_of))
        path = "$.where" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
        yield path, (size, len(enters), len(leaves), self._without(place))
        if "not" in node:
            child = node["not"]
            passing = enters & self.oracle.matching(child, self.as_of)
            yield from self._node(child, (*place, "not"), enters, passing)
        for kind in ("all", "any"):
            running = enters if kind == "all" else set()
            for index, child in enumerate(node.get(kind, ())):
                if child.get("disabled"):
                    continue
                found = self.oracle.matching(child, self.as_of)
                arrives = running if kind == "all" else enters
                running = running & found if kind == "all" else running | (found & enters)
                yield from self._node(child, (*place, kind, index), arrives, running)

    def _without(self, place: tuple[Any, ...]) -> int:
        """The total if the node were switched off; a tree of nothing is everybody."""
        rest = switched_off(self.document, place)
        return len(self.everybody if rest is None else self.oracle.matching(rest, self.as_of))


def switched_off(node: Document, place: tuple[Any, ...]) -> Document | None:
    """The tree without the node; a group left empty goes with it."""
    if not place:
        return None
    if place[0] == "not":
        child = switched_off(node["not"], place[1:])
        return None if child is None else {"not": child}
    kind, index, *rest = place
    child = switched_off(node[kind][index], tuple(rest))
    children = [*node[kind][:index], *([] if child is None else [child]), *node[kind][index + 1 :]]
    return {kind: children} if live(children) else None


def test_the_sentence_decides_the_meaning(
    world: World, oracle: Oracle, leaves: list[Document], record_property: Any
) -> None:
    """Trees that read alike are alike: and / or never depends on how it is read."""
    said: dict[str, Document] = {}
    some = [leaf for leaf in leaves if leaf["type"] in ("tags.has", "contacts.boolean")]
    with workspace_scope(world.workspace):
        grower = Grower(world, some, seed=5)
        for _ in range(1_500):
            document = grower.tree(4)
            tree = parse_tree(document, workspace=world.workspace)
            sentence = sentence_of(tree, "EUR")
            assert skeleton(said.setdefault(sentence, document)) == skeleton(document), sentence
    record_property("sentences told apart", len(said))


def skeleton(tree: Document) -> Any:
    """What a tree means, whatever groups of one and rows switched off stand in it."""
    for kind in ("all", "any"):
        if kind in tree:
            parts = [skeleton(child) for child in live(tree[kind])]
            return parts[0] if len(parts) == 1 else (kind, *parts)
    if "not" in tree:
        return ("not", skeleton(tree["not"]))
    return told(tree)


def told(tree: Document | Tree) -> str:
    return json.dumps(tree, ensure_ascii=False, sort_keys=True)


def test_the_trees_use_nearly_every_leaf(world: World, leaves: list[Document]) -> None:
    """All but some of the slow ones, which are drawn seldom and asked alone anyway."""
    trees = [tree for chunk in range(CHUNKS) for tree in grown(world, leaves, chunk)]
    used = {told(leaf) for tree in trees for leaf in leaves_in(tree)}
    unused = [leaf for leaf in leaves if told(leaf) not in used]
    assert all(leaf["type"] in SLOW for leaf in unused)
    assert len(trees) == 5_000
