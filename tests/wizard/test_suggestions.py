"""Suggestions of real values: searched loosely, taken and matched exactly."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from segments.loose_spelling import loose_pattern
from segments.suggestions import suggest
from tests.makers.contacts import make_contact
from tests.makers.segments import make_segment
from tests.makers.transactions import make_product
from tests.makers.workspaces import make_key, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Workspace:
    shop = make_workspace()
    cities = ["Kraków", "Kraków", "Krakow", "ŁÓDŹ", "São Paulo", "Gdynia", "50% (off)*", "Weiß"]
    for number, city in enumerate(cities):
        tags = {"add": ["Święta" if number else "gold"]}
        make_contact(shop, f"c{number}", attributes={"city": city}, tags=tags)
    return shop


def found(shop: Workspace, query: str, kind: str = "attribute_value") -> list[tuple[str, Any]]:
    with workspace_scope(shop):
        rows = suggest(workspace=shop, kind=kind, query=query, within="city")
    return [(row["label"], row["count"]) for row in rows]


@pytest.mark.parametrize(
    ("query", "cities"),
    [
        ("krakow", [("Kraków", 2), ("Krakow", 1)]),
        ("KRAKÓW", [("Kraków", 2), ("Krakow", 1)]),
        ("Krako\u0301w", [("Kraków", 2), ("Krakow", 1)]),
        ("lodz", [("ŁÓDŹ", 1)]),
        ("sao pa", [("São Paulo", 1)]),
        ("% (OFF)*", [("50% (off)*", 1)]),
        ("weiß", [("Weiß", 1)]),
        ("weiss", [("Weiß", 1)]),
        (".", []),
        ("***=gdynia", []),
        ("krak[oó]w", []),
        ("\\", []),
    ],
)
def test_values_are_found_however_their_accents_and_capitals_are_written(
    shop: Workspace, query: str, cities: list[tuple[str, int]]
) -> None:
    assert found(shop, query) == cities


def test_names_of_tags_products_and_segments_are_found_in_the_same_way(shop: Workspace) -> None:
    make_product(shop, "p1", name="Żółta łódź")
    make_segment(shop, {"type": "tags.has", "tags": ["gold"]}, name="Zażółć gęślą jaźń")
    assert found(shop, "swieta", "tag") == [("Święta", 7)]
    assert [label for label, _count in found(shop, "zolta lodz", "product")] == ["Żółta łódź"]
    assert [label for label, _count in found(shop, "gesla", "segment")] == ["Zażółć gęślą jaźń"]


def test_what_a_criterion_compares_keeps_its_accents(shop: Workspace) -> None:
    """Finding "Kraków" for "krakow" must not make the segment "city is Krakow" hold both."""
    _key, secret = make_key(shop, now=timezone.now())
    where = {
        "type": "contacts.text",
        "attribute": "city",
        "operator": "any_of",
        "values": ["krakow"],
    }
    headers = {"authorization": f"Bearer {secret}"}
    answer = Client().post(
        "/api/v1/segments/evaluate",
        {"where": where},
        content_type="application/json",
        headers=headers,
    )
    assert answer.json()["size"] == 1


@pytest.mark.parametrize("asked", [{"q": "kra\x00kow"}, {"within": "ci\x00ty"}, {"q": "(" * 100}])
def test_odd_questions_find_nothing(shop: Workspace, asked: dict[str, str]) -> None:
    _key, secret = make_key(shop, now=timezone.now())
    answer = Client().get(
        "/api/v1/segments/suggestions/",
        {"kind": "attribute_value", "within": "city", **asked},
        headers={"authorization": f"Bearer {secret}"},
    )
    assert (answer.status_code, answer.json()) == (200, {"results": []})


def test_every_letter_is_found_by_itself_and_none_has_another_meaning() -> None:
    for letter in [*map(chr, range(0x20, 0x2100)), "ﬁ", "\n", "🛒"]:
        written = unicodedata.normalize("NFC", letter)
        assert re.fullmatch(loose_pattern(letter), written), letter
