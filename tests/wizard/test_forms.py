"""Every criterion in the editor: icons, forms that can be drawn, documents that stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from segments.criteria.base import all_criteria
from segments.criteria.forms import criterion_form
from segments.criteria.parameter_labels import LABELS
from segments.wizard.page import packed_forms
from tests.browsing import chromium
from tests.makers.segments import make_names
from tests.makers.workspaces import make_user, make_workspace
from tests.wizard.editing import editing, show
from workspaces.models import User, Workspace

__all__ = ["chromium"]

CONTROLS = {
    *("select", "selects", "number", "percent", "money", "text", "boolean", "date", "texts"),
    *("references", "reference", "parameter", "window", "conditions"),
}
ROUND_TRIP = """async (documents) => {
  const address = document.querySelector('script[src*="wizard/main"]').src;
  const model = await import(address.replace('main.js', 'model.js'));
  return documents.map((where) => model.toSavedDocument(model.fromDocument(where)));
}"""


def example_rows() -> list[dict[str, Any]]:
    return [{"type": cls.key, **example} for cls in all_criteria() for example in cls.examples]


def every_field(form: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each field of a form and of its conditions."""
    found = list(form["fields"].items())
    for field in form["fields"].values():
        for kind in field.get("conditions", ()):
            found += kind["fields"].items()
    return found


def test_every_criterion_has_an_icon_of_the_sprite() -> None:
    [sprite] = (Path(settings.BASE_DIR) / "static" / "vendor").glob("lucide-*/sprite.svg")
    text = sprite.read_text(encoding="utf-8")
    assert [cls.key for cls in all_criteria() if f'id="{cls.icon}"' not in text] == []


def test_every_field_has_a_control_and_a_name_in_words() -> None:
    for cls in all_criteria():
        form = criterion_form(cls)
        placed = [part["field"] for part in form["parts"] if "field" in part]
        assert sorted(placed) == sorted(form["fields"]), cls.key
        for name, field in every_field(form):
            assert field["control"] in CONTROLS, (cls.key, name)
            assert name in LABELS, (cls.key, name)
            if field["control"] in ("select", "selects"):
                assert field["options"], (cls.key, name)


def test_folded_fields_can_be_left_out() -> None:
    for cls in all_criteria():
        for name, field in every_field(criterion_form(cls)):
            assert not (field.get("folded") and field["required"]), (cls.key, name)


def test_packed_forms_hold_the_same_as_the_forms() -> None:
    packed = packed_forms()

    def unpacked(value: Any) -> Any:
        if isinstance(value, dict):
            if "$" in value:
                return unpacked(packed["shared"][value["$"]])
            return {key: unpacked(item) for key, item in value.items()}
        return [unpacked(item) for item in value] if isinstance(value, list) else value

    for cls, form in zip(all_criteria(), unpacked(packed["criteria"]), strict=True):
        whole = criterion_form(cls)
        assert form["fields"].keys() == whole["fields"].keys()
        assert form["parts"] == whole["parts"]


@pytest.fixture
def shop() -> tuple[Workspace, User]:
    owner = make_user("ola@nordlicht.example")
    shop = make_workspace("Nordlicht", owner=owner, now=timezone.now())
    make_names(shop)
    return shop, owner


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_documents_come_out_of_the_editor_as_they_went_in(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    rows = example_rows()
    first, second, third = rows[:3]
    trees = [
        *rows,
        {"all": rows[:40]},
        {"not": first},
        {"not": {"all": [first, second]}},
        {"not": {"any": [first, {**second, "disabled": True}]}},
        {"any": [{"not": {"not": first}}, {"segment": 7}]},
        {"all": [{"not": {"any": [first]}, "disabled": True}, {"not": {"any": [third]}}]},
        {"segment": 3},
    ]
    with editing(chromium, live_server, shop[1], f"/w/{shop[0].pk}/segments/new/") as page:
        assert page.evaluate(ROUND_TRIP, trees) == trees


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_every_example_is_drawn_with_all_its_controls_and_nothing_missing(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    rows = example_rows()
    with editing(chromium, live_server, shop[1], f"/w/{shop[0].pk}/segments/new/") as page:
        # What the examples name needn't exist here: nothing is asked of the server.
        page.evaluate("() => { document.getElementById('editor').store.count = () => {} }")
        for start in range(0, len(rows), 40):
            some = rows[start : start + 40]
            show(page, {"all": some})
            page.wait_for_function(
                "n => document.querySelectorAll('[data-row]').length === n", arg=len(some)
            )
            for number, drawn in enumerate(page.evaluate(DRAWN)):
                assert drawn["missing"] == [], some[number]
                assert drawn["controls"] > 0, some[number]
                assert "undefined" not in drawn["text"] + drawn["name"], some[number]


DRAWN = """() => {
  const store = document.getElementById('editor').store;
  return [...document.querySelectorAll('[data-row]')].map((row, at) => ({
    missing: store.missingIn(store.root.children[at]),
    controls: row.querySelectorAll('.says :is(button, input, select, summary)').length,
    text: row.innerText,
    name: row.getAttribute('aria-label'),
  }));
}"""
