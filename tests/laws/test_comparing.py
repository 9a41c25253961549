"""Overlaps and profiles over the world: equal to sets of Python, and to what their rows ask.

The same by hand on small shops: tests/segments/test_overlap.py and test_profile.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import combinations
from typing import Any

import pytest

from segments.criteria.scope import Scope
from segments.criteria.tree import parse_tree
from segments.engine.evaluation import evaluate_tree
from segments.services.overlapping import members_of_segments, overlap_of
from segments.services.profiling import FEWEST_WITH_VALUE, Profile, profile_of
from segments.services.recounting import evaluate_segment
from tests.segments.world import World
from tests.segments.world_time import AS_OFS
from workspaces.tenancy import workspace_scope

pytestmark = [pytest.mark.django_db, pytest.mark.night]
DATES = AS_OFS[:3]


def alone(world: World, as_of: datetime) -> list[set[int]]:
    """Each segment's members, evaluated by itself."""
    return [
        set(evaluate_segment(segment=each, workspace=world.workspace, as_of=as_of).members.ids())
        for each in world.segments
    ]


@pytest.mark.parametrize("as_of", DATES, ids=str)
def test_overlaps_are_those_of_sets(world: World, as_of: datetime) -> None:
    with workspace_scope(world.workspace):
        sets = alone(world, as_of)
        found = overlap_of(workspace=world.workspace, segments=world.segments, as_of=as_of)
    assert [each.size for each in found.segments] == [len(some) for some in sets]
    assert [(pair.both, pair.either) for pair in found.pairs] == [
        (len(one & other), len(one | other)) for one, other in combinations(sets, 2)
    ]
    assert [each.only for each in found.segments] == [
        len(some.difference(*(other for other in sets if other is not some))) for some in sets
    ]
    assert (found.in_any, found.in_all) == (len(set.union(*sets)), len(set.intersection(*sets)))
    assert found.in_any > 0
    assert found.broken == []


def test_members_together_are_those_of_each_alone(world: World) -> None:
    for as_of in AS_OFS:
        with workspace_scope(world.workspace):
            together = members_of_segments(
                workspace=world.workspace, segments=world.segments, as_of=as_of
            )
            assert [set(some.ids()) for some in together.members.values()] == alone(world, as_of)


def everybody_in(profile: Profile, dimension: str) -> dict[str, tuple[int, int]]:
    return {
        each.named.label: (each.members, each.everybody)
        for each in profile.values
        if each.named.dimension == dimension
    }


@pytest.fixture
def asked(world: World) -> Callable[[datetime, Any], set[int]]:
    def members(as_of: datetime, where: Any) -> set[int]:
        tree = parse_tree(where, workspace=world.workspace)
        return set(evaluate_tree(tree, Scope(world.workspace, as_of)).members.ids())

    return members


@pytest.mark.parametrize("as_of", DATES, ids=str)
def test_each_value_counts_what_its_row_asks(
    world: World, as_of: datetime, asked: Callable[[datetime, Any], set[int]]
) -> None:
    """Of tags, details, brands, categories, sales channels and sources: no number of its own."""
    tried: set[str] = set()
    for segment in world.segments:
        with workspace_scope(world.workspace):
            members = set(
                evaluate_segment(
                    segment=segment, workspace=world.workspace, as_of=as_of
                ).members.ids()
            )
            profile = profile_of(workspace=world.workspace, segment=segment, as_of=as_of)
            assert profile.size == len(members)
            for value in profile.values:
                if value.named.row is None:
                    continue
                matching = asked(as_of, value.named.row)
                assert value.everybody == len(matching), value
                assert value.members == len(matching & members), value
                assert value.everybody >= FEWEST_WITH_VALUE
                tried.add(value.named.dimension)
    assert len(tried) >= 10, tried
