"""T-05: what another workspace calls its own is unknown in our trees, wherever it stands."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contacts.models import AttributeDefinition, Category, StaticList, Tag
from segments.criteria.base import all_criteria, references_in
from segments.criteria.references import KINDS, resolve
from segments.criteria.tree import InvalidTree, parse_tree
from segments.models import Segment
from tests.security.world import World, make_two_worlds
from tracking.models import ActivityKind, ActivityParameter, Message
from transactions.models import Brand, LineProperty, Product, ProductCategory, ProductVariant
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

TREES = 2_000


@dataclass(frozen=True)
class Plant:
    """A row of a tree, and the place in it where a reference of some kind stands."""

    kind: str
    document: dict[str, Any]
    place: tuple[str | int, ...]

    def naming(self, key: Any) -> dict[str, Any]:
        document = copy.deepcopy(self.document)
        inside: Any = document
        for step in self.place[:-1]:
            inside = inside[step]
        is_number = isinstance(inside[self.place[-1]], int)
        inside[self.place[-1]] = int(key) if is_number else key
        return document


@cache
def plants() -> list[Plant]:
    """Every place in every criterion's examples that names something of the workspace."""
    found = [
        Plant(reference.kind, {"type": cls.key, **example}, tuple(reference.path))
        for cls in all_criteria()
        for example in map(with_ids, cls.examples)
        for reference in references_in(cls.model_validate(example))
    ]
    segment = Plant("segment", {"segment": 1}, ("segment",))
    return [*(plant for plant in found if is_in(plant)), segment]


def with_ids(example: Any) -> Any:
    """The example with an id where it says "{segment}" or "{list}"."""
    if isinstance(example, dict):
        return {key: with_ids(value) for key, value in example.items()}
    if isinstance(example, list | tuple):
        return [with_ids(value) for value in example]
    return 1 if isinstance(example, str) and re.fullmatch(r"\{\w+\}", example) else example


def is_in(plant: Plant) -> bool:
    """Whether the place is one of the document (some references are put together from parts)."""
    inside: Any = plant.document
    try:
        for step in plant.place:
            inside = inside[step]
    except (KeyError, IndexError, TypeError):
        return False
    return isinstance(inside, str | int)


@cache
def plain_rows() -> list[dict[str, Any]]:
    """Rows that name nothing."""
    return [
        {"type": cls.key, **example}
        for cls in all_criteria()
        for example in map(with_ids, cls.examples)
        if not list(references_in(cls.model_validate(example)))
    ]


def keys_of(workspace: Workspace) -> dict[str, list[str]]:
    """What can be named in the workspace, by kind of reference."""
    texts: dict[str, Iterator[Any]] = {
        "attribute": (row.key for row in rows(AttributeDefinition)),
        "tag": (row.key for row in rows(Tag)),
        "category": (row.key for row in rows(Category)),
        "activity_kind": (row.key for row in rows(ActivityKind)),
        "activity_parameter": (f"{row.kind.key}.{row.key}" for row in rows(ActivityParameter)),
        "brand": (row.name for row in rows(Brand)),
        "product_category": (row.name for row in rows(ProductCategory)),
        "product": (row.external_id for row in rows(Product)),
        "variant": (row.external_id for row in rows(ProductVariant)),
        "line_property": (row.key for row in rows(LineProperty)),
        "campaign": (row.campaign_key for row in rows(Message)),
        "list": (row.pk for row in rows(StaticList)),
        "segment": (row.pk for row in rows(Segment)),
    }
    with workspace_scope(workspace):
        keys = {kind: [str(text) for text in found] for kind, found in texts.items()}
        return {
            kind: [key for key in found if resolve(workspace, kind, [key])]
            for kind, found in keys.items()
        }


def rows(model: Any) -> Iterator[Any]:
    yield from model.objects.order_by("pk")


@dataclass(frozen=True)
class Garden:
    """Our workspace, and keys that exist in theirs only."""

    ours: World
    theirs: World
    foreign: dict[str, list[str]]


@pytest.fixture
def garden() -> Garden:
    ours, theirs, _ = make_two_worlds()
    known = keys_of(ours.workspace)
    foreign = {
        kind: [key for key in keys if key not in known[kind]]
        for kind, keys in keys_of(theirs.workspace).items()
    }
    return Garden(ours, theirs, foreign)


def missing(kind: str) -> str:
    """A key of that kind that exists nowhere."""
    if kind in {"list", "segment"}:
        return "990000000"
    return "nowhere.nowhere" if kind == "activity_parameter" else "nowhere-to-be-found"


def told(document: Any, garden: Garden, named: str) -> list[tuple[str, str, str]]:
    """What the validator says, without the name itself."""
    with workspace_scope(garden.ours.workspace), pytest.raises(InvalidTree) as refusal:
        parse_tree(document, workspace=garden.ours.workspace)
    return [(e.path, e.code, str(e.message).replace(named, "…")) for e in refusal.value.errors]


def test_there_is_something_foreign_of_every_kind_to_plant(garden: Garden):
    assert set(garden.foreign) == KINDS
    assert [kind for kind, keys in garden.foreign.items() if not keys] == []
    assert {plant.kind for plant in plants()} >= KINDS - {"line_property", "variant"}


@st.composite
def planted_trees(draw: st.DrawFn) -> tuple[Plant, Any]:
    """A plant, and a tree of rows that name nothing with a place for it."""
    plant = draw(st.sampled_from(plants()))
    row = st.sampled_from(plain_rows())
    tree: Any = {"plant": True}
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["all", "any", "not"]))
        if kind == "not":
            tree = {"not": {"any": [tree]}}
        else:
            before, after = draw(st.lists(row, max_size=2)), draw(st.lists(row, max_size=2))
            tree = {kind: [*before, tree, *after]}
    return plant, tree


def put(tree: Any, document: dict[str, Any]) -> Any:
    if isinstance(tree, dict):
        if tree == {"plant": True}:
            return document
        return {key: put(value, document) for key, value in tree.items()}
    return [put(value, document) for value in tree] if isinstance(tree, list) else tree


def test_a_foreign_name_anywhere_in_a_tree_is_as_unknown_as_one_that_never_was(
    garden: Garden, record_property
):
    tried, kinds = 0, set()

    @settings(
        max_examples=TREES,
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(planted_trees(), st.data())
    def look(planted: tuple[Plant, Any], data: st.DataObject) -> None:
        nonlocal tried
        plant, tree = planted
        key = data.draw(st.sampled_from(garden.foreign[plant.kind]))
        nowhere = missing(plant.kind)
        foreign = told(put(tree, plant.naming(key)), garden, key)
        assert foreign
        assert all(path.startswith("$.where") for path, _, _ in foreign)
        assert foreign == told(put(tree, plant.naming(nowhere)), garden, nowhere)
        tried += 1
        kinds.add(plant.kind)

    look()
    record_property("trees_with_foreign_names", tried)
    record_property("kinds_of_foreign_names", len(kinds))
    assert tried >= TREES


def test_over_rest_each_kind_of_foreign_name_is_a_400_with_its_path(garden: Garden):
    program = garden.ours.program()
    asked = 0
    for plant in plants():
        for key in garden.foreign[plant.kind][:2]:
            where = {"all": [{"not": {"any": [plant.naming(key)]}}]}
            for path in ("evaluate", ""):
                answer = program.post(
                    f"/api/v1/segments/{path}",
                    json.dumps({"where": where} | ({} if path else {"name": "Probe"})),
                    "application/json",
                )
                assert answer.status_code == 400, (plant, answer.content)
                problem = answer.json()
                assert problem["errors"][0]["path"].startswith("$.where.all[0].not.any[0]")
                asked += 1
    assert asked > 20


def test_foreign_contacts_can_be_neither_pinned_nor_counted(garden: Garden):
    program = garden.ours.program()
    everybody = {"all": [plain_rows()[0]]}
    their_contact = garden.theirs.ids()["contacts.Contact"][0]

    def evaluate(**pins: list[int]) -> tuple[int, Any]:
        answer = program.post(
            "/api/v1/segments/evaluate",
            json.dumps({"where": everybody, "members": {"limit": 500}, **pins}),
            "application/json",
        )
        document = answer.json()
        document.pop("as_of", None)
        return answer.status_code, document

    nowhere = (garden.ours.workspace.pk << 31) + 2**31 - 1  # its bit would be the 2^31st
    for pins in ("pinned_in", "pinned_out"):
        status, found = evaluate(**{pins: [their_contact]})
        assert status in {200, 400}
        assert (status, found) == evaluate(**{pins: [nowhere]})
        assert str(their_contact) not in json.dumps(found)
