"""What holds for every criterion, tried on every example and on pairs (semantics, "The laws")."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from contacts.services import create_tag, tag_contacts
from segments.criteria.base import all_criteria, references_in
from segments.criteria.references import KINDS
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.evaluation import evaluate_tree
from tests.laws.answering import Document, by_sets, compiled, everybody
from tests.makers.tracking import activities, activity_item, visit_from, visits
from tests.makers.transactions import line_item, transaction_item, transactions
from tests.segments.world import World
from tests.segments.world_time import AS_OFS, ASKED, RECORDED
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

# SQL statements of evaluating 12 rows: all leaf sets come from one. It may only fall.
STATEMENTS_OF_AN_EVALUATION = 1
STATEMENTS_OF_PARSING = 8


@pytest.fixture(autouse=True)
def _inside(world: World) -> Any:
    with workspace_scope(world.workspace):
        yield


def pairs(world: World, number: int, seed: int = 3) -> list[tuple[Document, Document]]:
    chance = random.Random(seed)
    examples = list(world.examples().values())
    return [(chance.choice(examples), chance.choice(examples)) for _ in range(number)]


def test_not_is_the_complement(world: World, record_property: Any) -> None:
    examples = world.examples()
    leaves = list(examples.values())
    for as_of in (ASKED, AS_OFS[2]):
        universe = everybody(world, as_of)
        found = by_sets(world, leaves, as_of)
        others = by_sets(world, [{"not": leaf} for leaf in leaves], as_of)
        twice = by_sets(world, [{"not": {"not": leaf}} for leaf in leaves], as_of)
        for name, one, other, again in zip(examples, found, others, twice, strict=True):
            assert one | other == universe, name
            assert not one & other, name
            assert again == one, name
    for name, leaf in examples.items():
        assert compiled(world, {"not": leaf}, ASKED) == everybody(world, ASKED) - compiled(
            world, leaf, ASKED
        ), name
    record_property("criteria", len(all_criteria()))
    record_property("examples", len(examples))


def test_groups_are_set_algebra(world: World, record_property: Any) -> None:
    """Union, intersection and De Morgan, for pairs of any two examples."""
    some = pairs(world, 400)
    documents: list[Document] = []
    for a, b in some:
        documents += [
            a,
            b,
            {"all": [a, b]},
            {"any": [a, b]},
            {"not": {"all": [a, b]}},
            {"any": [{"not": a}, {"not": b}]},
            {"not": {"any": [a, b]}},
            {"all": [{"not": a}, {"not": b}]},
        ]
    universe = everybody(world, ASKED)
    found = by_sets(world, documents, ASKED)
    for start in range(0, len(found), 8):
        a, b, both, either, not_both, one_missing, neither, both_missing = found[start : start + 8]
        pair = documents[start : start + 2]
        assert (both, either) == (a & b, a | b), pair
        assert not_both == one_missing == universe - (a & b), pair
        assert neither == both_missing == universe - (a | b), pair
    for a, b in some[:60]:
        one, other = compiled(world, a, ASKED), compiled(world, b, ASKED)
        assert compiled(world, {"all": [a, b]}, ASKED) == one & other, (a, b)
        assert compiled(world, {"not": {"any": [a, b]}}, ASKED) == universe - one - other, (a, b)
    record_property("pairs", len(some))


def test_another_workspaces_data_never_changes_an_answer(world: World) -> None:
    """The twin has the same names and other facts; it gets many more of them."""
    assert world.twin is not None
    leaves = list(world.examples().values())
    before = by_sets(world, leaves, ASKED)
    connection.cursor().execute("SELECT set_config('app.workspace_id', '', true)")
    twin = world.twin.workspace
    names = [f"c{number}" for number in (1, 4, 5, 7, 8, 9, 14, 15)]
    at = [ASKED - timedelta(days=days) for days in (1, 5, 20, 45, 100)]
    now = RECORDED + timedelta(hours=1)
    visits(twin, *(visit_from("paid_search", n, t) for n in names for t in at), now=now)
    activities(twin, *(activity_item(n, "ticket_bought", t) for n in names for t in at), now=now)
    lines = [line_item("400.00", product="P-1", brand="Nordica")]
    transactions(twin, *(transaction_item(n, t, lines=lines) for n in names for t in at), now=now)
    with workspace_scope(twin):
        create_tag(workspace=twin, name="vip")
        ids = Contact.objects.in_workspace(twin).values_list("pk", flat=True)
        tag_contacts(
            workspace=twin,
            contact_ids=list(ids),
            tag="vip",
            now=now,
            source="api",
            observed_at=at[-1],
        )
        changed = by_sets(world.twin, list(world.twin.examples().values()), ASKED)
    connection.cursor().execute(
        "SELECT set_config('app.workspace_id', %s, true)", [str(world.workspace.pk)]
    )
    assert by_sets(world, leaves, ASKED) == before
    own = everybody(world, ASKED)
    assert all(members <= own for members in before)
    assert any(changed), "the twin answers for itself"


def test_the_same_instant_has_the_same_answer(world: World) -> None:
    leaves = list(world.examples().values())
    first = by_sets(world, leaves, AS_OFS[1])
    by_sets(world, leaves, AS_OFS[4])
    assert by_sets(world, leaves, AS_OFS[1]) == first


def test_a_past_instant_knows_nothing_of_what_came_later(world: World) -> None:
    """Facts after the instant are there in the tables; the answer is as if they weren't."""
    leaves = list(world.examples().values())
    asked = AS_OFS[4]
    before = by_sets(world, leaves, asked)
    names = [f"c{number}" for number in (1, 4, 5, 7, 8, 9, 14, 15)]
    at = [asked, asked + timedelta(microseconds=1), asked + timedelta(days=3)]
    now = RECORDED + timedelta(hours=1)
    visits(world.workspace, *(visit_from("direct", n, t) for n in names for t in at), now=now)
    bought = [transaction_item(n, t, "70.00") for n in names for t in at]
    transactions(world.workspace, *bought, now=now)
    assert by_sets(world, leaves, asked) == before


def test_one_contact_alone_agrees_with_the_full_answer(world: World, record_property: Any) -> None:
    leaves = list(world.examples().values())
    found = by_sets(world, leaves, ASKED)
    chance = random.Random(9)
    for contact_id in chance.sample(sorted(everybody(world, ASKED)), 6):
        alone = by_sets(world, leaves, ASKED, only=[contact_id])
        for leaf, members, one in zip(leaves, found, alone, strict=True):
            assert one == members & {contact_id}, leaf
    record_property("contacts asked alone", 6)


def test_every_example_parts_the_contacts_of_the_world(world: World) -> None:
    """An example that is always everybody or nobody would prove nothing."""
    examples = world.examples()
    parted: set[str] = set()
    for as_of in AS_OFS[:5]:
        size = len(everybody(world, as_of))
        found = by_sets(world, list(examples.values()), as_of)
        parted |= {name for name, some in zip(examples, found, strict=True) if 0 < len(some) < size}
    assert set(examples) - parted == set()


def test_twelve_rows_are_one_statement(world: World) -> None:
    rows = random.Random(4).sample(list(world.examples().values()), 12)
    document = {"all": [{"any": rows[:6]}, {"not": {"any": rows[6:]}}]}
    with CaptureQueriesContext(connection) as parsing:
        tree = parse_tree(document, workspace=world.workspace)
    scope = Scope(world.workspace, ASKED)
    evaluate_tree(tree, scope)  # what keys name is found out once a scope
    with CaptureQueriesContext(connection) as asking:
        evaluation = evaluate_tree(tree, scope)
    assert len(evaluation.nodes) == 16
    selecting = [q for q in asking.captured_queries if "array_agg" in q["sql"]]
    assert len(selecting) == STATEMENTS_OF_AN_EVALUATION
    assert len(parsing) <= STATEMENTS_OF_PARSING


def test_what_examples_name_can_be_looked_up() -> None:
    kinds = {
        reference.kind
        for cls in all_criteria()
        for example in cls.examples
        for reference in references_in(cls.model_validate(filled(example)))
    }
    assert kinds <= KINDS
    assert kinds >= {"tag", "attribute", "product", "segment", "list", "activity_kind"}


def filled(example: Any) -> Any:
    if isinstance(example, dict):
        return {key: filled(value) for key, value in example.items()}
    if isinstance(example, list):
        return [filled(value) for value in example]
    return "1" if example in ("{list}", "{segment}") else example


def test_every_icon_is_in_the_sprite() -> None:
    [sprite] = (settings.BASE_DIR / "static" / "vendor").glob("lucide-*/sprite.svg")
    text = sprite.read_text()
    missing = {cls.icon for cls in all_criteria() if f'id="{cls.icon}"' not in text}
    assert not missing
