"""Every example as a document, as text, against its schema and in words."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.utils import translation

from segments.criteria.base import all_criteria, find_criterion
from segments.criteria.forms import criterion_form
from segments.criteria.tree import InvalidTree, parse_tree, to_document
from segments.sentence import sentence_of
from segments.text import from_text, to_text
from tests.segments.world import World, example_names
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

# Parts of a document that say nothing by themselves.
SILENT = ("type", "field", "zone")
# Replacements of texts that must exist.
OTHERS = (
    *("vip", "newsletter", "gold", "wholesale", "press", "sailing", "chess"),
    *("shoe_size", "city", "company", "birthday", "contract_end", "interests", "gender"),
    *("ticket_bought", "form_submitted", "form", "size", "price", "hue"),
    *("P-1", "P-2", "P-3", "Nordica", "Salewa", "Ski boots", "Jackets"),
    *("P-1-42", "P-2-L", "2025-01-01", "2026-06-30", "77.00"),
)


@pytest.fixture(autouse=True)
def _inside(world: World) -> Any:
    with workspace_scope(world.workspace):
        yield


@pytest.mark.parametrize("name", example_names())
def test_the_example(world: World, name: str, record_property: Any) -> None:
    leaf = world.examples()[name]
    for where in (leaf, {"all": [{"not": {"any": [leaf, leaf | {"disabled": True}]}}]}):
        tree = parse_tree(where, workspace=world.workspace)
        assert to_document(tree.root) == where
        assert from_text(to_text(where)) == where
        assert (
            to_document(parse_tree(from_text(to_text(where)), workspace=world.workspace).root)
            == where
        )
    check_schema(leaf)
    for language in ("en", "pl", "pt-br"):
        with translation.override(language):
            tree = parse_tree({"any": [leaf, {"not": leaf}]}, workspace=world.workspace)
            said = sentence_of(tree, "EUR")
            assert said
            assert "{" not in said, language
    record_property("values spoken", mentions_every_value(world, leaf))


def check_schema(leaf: dict[str, Any]) -> None:
    cls = find_criterion(leaf["type"])
    assert cls is not None
    schema = cls.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    values = {key: value for key, value in leaf.items() if key != "type"}
    jsonschema.validate(values, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**values, "no_such_key": 1}, schema)


def mentions_every_value(world: World, leaf: dict[str, Any]) -> int:
    """Whatever value is changed, the sentence changes: so it mentions each. How many there were."""
    said = spoken(world, leaf)
    number = 0
    for place in places(leaf):
        if place[-1] in SILENT:
            continue
        changed = next(variations(world, leaf, place), None)
        if changed is not None:
            assert spoken(world, changed) != said, (place, said)
            number += 1
    return number


def spoken(world: World, leaf: dict[str, Any]) -> str:
    return sentence_of(parse_tree(leaf, workspace=world.workspace), "EUR")


def places(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*at, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from places(value, (*at, index))
    else:
        yield at


def variations(world: World, leaf: dict[str, Any], place: tuple[Any, ...]) -> Iterator[Any]:
    """Valid leaves that differ in this value only."""
    inside: Any = leaf
    for step in place:
        inside = inside[step]
    replacements: list[Any] = [inside + 1, inside - 1] if is_number(inside) else []
    if isinstance(inside, bool):
        replacements = [not inside]
    if isinstance(inside, str):
        cls = find_criterion(leaf["type"])
        replacements = [*choices(cls.model_json_schema() if cls else {}), *OTHERS, f"{inside}x"]
    for replacement in replacements:
        if replacement == inside:
            continue
        changed = copy.deepcopy(leaf)
        holder: Any = changed
        for step in place[:-1]:
            holder = holder[step]
        if isinstance(holder, list) and replacement in holder:
            continue
        holder[place[-1]] = replacement
        try:
            parse_tree(changed, workspace=world.workspace)
        except InvalidTree:
            continue
        yield changed


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def choices(schema: Any) -> list[str]:
    """Every word the criterion's schema allows somewhere."""
    found = json.dumps(schema)
    words = [
        word
        for part in json.loads(found).get("$defs", {}).values()
        for word in part.get("enum", [])
    ]
    return sorted({word for word in words if isinstance(word, str)})


@pytest.mark.parametrize("cls", [pytest.param(cls, id=cls.key) for cls in all_criteria()])
def test_the_form_shows_every_parameter(cls: Any) -> None:
    form = criterion_form(cls)
    json.dumps(form)
    assert set(form["fields"]) == {info.alias or name for name, info in cls.model_fields.items()}
    shown = {part["field"] for part in form["parts"] if "field" in part}
    assert shown == set(form["fields"])
