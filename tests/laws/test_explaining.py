"""Why somebody is in or out says what membership says, of every example and random trees."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from contacts.models import Contact
from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.evaluation import evaluate_tree
from segments.explain.parts import Explanation, Reason
from segments.services.explaining import explain_segment, explain_where
from segments.services.recounting import evaluate_segment
from tests.laws.answering import wide_trees
from tests.laws.random_trees import Grower, shared_leaves
from tests.segments.world import World
from tests.segments.world_time import AS_OFS, ASKED
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _inside(world: World) -> Any:
    with workspace_scope(world.workspace):
        yield


def known(world: World, as_of: datetime) -> list[Contact]:
    return list(Scope(world.workspace, as_of).contacts().order_by("pk"))


def explain(world: World, where: Any, contact: Contact, as_of: datetime) -> Explanation:
    return explain_where(
        workspace=world.workspace, where=where, contact=contact, as_of=as_of, now=as_of
    )


def check_examples(
    world: World, people: Sequence[Contact], as_of: datetime, *, every: int = 1, start: int = 0
) -> int:
    """Many examples stand in one tree, so that a contact costs one explanation."""
    with wide_trees():
        where = {"any": list(world.examples().values())[start::every]}
        tree = parse_tree(where, workspace=world.workspace)
        sets = evaluate_tree(tree, Scope(world.workspace, as_of)).node_sets
        for contact in people:
            found = explain(world, where, contact, as_of)
            assert found.reason is not None
            for row in found.reason.children:
                wanted = contact.pk in sets[row.path]
                assert row.holds == wanted, (row.said, contact.pk, as_of)
                check_figure(row)
    return len(people) * len(where["any"])


def check_figure(row: Reason) -> None:
    """The number says what the row says, and the change is the smallest that flips it."""
    if row.figure is None or row.figure.missing is None:
        return
    assert row.figure.missing != 0, row.said


def test_every_row_holds_as_the_count_says(world: World, record_property: Any) -> None:
    chance = random.Random(11)
    tried = 0
    for start, as_of in enumerate((ASKED, AS_OFS[2], AS_OFS[4])):
        people = chance.sample(known(world, as_of), 1)
        tried += check_examples(world, people, as_of, every=5, start=start)
    record_property("rows explained", tried)


def check_trees(world: World, as_of: datetime, *, trees: int, people: int, seed: int) -> int:
    """Random trees with everything in them: groups, negations, segments, switched-off rows."""
    grower = Grower(world, shared_leaves(world), seed=seed)
    chance = random.Random(seed)
    everybody = known(world, as_of)
    for _ in range(trees):
        where = grower.tree()
        tree = parse_tree(where, workspace=world.workspace)
        members = evaluate_tree(tree, Scope(world.workspace, as_of)).members
        for contact in chance.sample(everybody, people):
            found = explain(world, where, contact, as_of)
            told = (contact.pk, as_of, json.dumps(where))
            assert found.is_member == (contact.pk in members), told
            assert found.reason is not None
            assert found.reason.holds == found.is_member, told
            check_flip(found, told)
    return trees * people


def check_flip(found: Explanation, told: Any) -> None:
    """Turning the rows round that are named turns the whole round, and none of them is in vain."""
    assert found.reason is not None
    keys = {row.key for row in found.flips}
    if not keys:
        return  # whatever the rows do, it stays: the algebra's own tests show when
    assert applied(found.reason, keys) != found.is_member, told
    for key in keys:
        assert applied(found.reason, keys - {key}) == found.is_member, told


def applied(reason: Reason, keys: set[str]) -> bool:
    """The reason's truth with these rows turned round."""
    if not reason.children:
        return reason.holds != (reason.key in keys)
    values = [applied(child, keys) for child in reason.children]
    if reason.kind == "not":
        return not values[0]
    if reason.kind == "segment" and len(values) > 1:  # the pin stands first
        inside, pin = values[1], reason.children[0]
        kept_in = pin.wanted == reason.wanted
        return (inside or values[0]) if kept_in else (inside and not values[0])
    return any(values) if reason.kind == "any" else all(values)


def test_random_trees_are_explained_as_they_are_counted(world: World, record_property: Any) -> None:
    tried = sum(
        check_trees(world, as_of, trees=5, people=2, seed=seed)
        for seed, as_of in enumerate((ASKED, AS_OFS[3]))
    )
    record_property("random trees explained", tried)


def test_segments_with_pins_are_explained_as_they_are_counted(world: World) -> None:
    for as_of in (ASKED, AS_OFS[4]):
        for segment in world.segments:
            counted = evaluate_segment(
                segment=segment, workspace=world.workspace, as_of=as_of
            ).members
            for contact in known(world, as_of)[::40]:
                found = explain_segment(
                    segment=segment,
                    workspace=world.workspace,
                    contact=contact,
                    as_of=as_of,
                    now=as_of,
                )
                assert found.is_member == (contact.pk in counted)
                assert found.reason is not None
                assert found.reason.holds == found.is_member


@pytest.mark.night
@pytest.mark.parametrize("number", range(len(AS_OFS)))
def test_every_row_of_everybody_holds_as_the_count_says(world: World, number: int) -> None:
    """Over all instants everybody is asked about every example, at each about one in eight."""
    as_of, shares = AS_OFS[number], len(AS_OFS)
    for share in range(shares):
        people = known(world, as_of)[share::shares]
        check_examples(world, people, as_of, every=shares, start=(number + share) % shares)
    check_trees(world, as_of, trees=60, people=4, seed=100 + number)


def test_what_is_said_to_flip_by_itself_does(world: World, record_property: Any) -> None:
    """The engine's own answer a second before, and at the instant named."""
    chance = random.Random(5)
    examples = [each for each in world.examples().values() if "window" in each]
    turned = 0
    for contact in chance.sample(known(world, ASKED), 6):
        where = {"any": chance.sample(examples, 20)}
        found = explain(world, where, contact, ASKED)
        for row in found.turning:
            assert row.turns_at is not None
            assert row.turns_at > ASKED
            index = int(row.path.split("[")[1][:-1])
            tree = parse_tree(where["any"][index], workspace=world.workspace)
            then = Scope(world.workspace, row.turns_at).only([contact.pk])
            assert (contact.pk in evaluate_tree(tree, then).members) != row.holds, row.said
            turned += 1
    assert turned > 5
    record_property("rows that flip by themselves", turned)
