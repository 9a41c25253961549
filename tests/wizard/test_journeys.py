"""Segments built in the browser: by clicks, by keyboard alone; counted, saved, opened, edited."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from segments.models import Segment
from tests.browsing import chromium
from tests.makers.segments import make_segment
from tests.makers.workspaces import make_key
from tests.wizard.editing import (
    document_of,
    editing,
    make_shop,
    pick,
    row,
    settled,
    show,
    take_values,
)
from workspaces.models import User, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Ordered only after paid sources, never after direct or e-mail (U3).
PAID_ONLY = """
    SELECT count(*) FROM contacts_contact c
    WHERE c.workspace_id = %(workspace)s
      AND EXISTS (
        SELECT FROM transactions_transaction t
        WHERE t.contact_id = c.id AND t.workspace_id = c.workspace_id AND t.superseded_at IS NULL
          AND t.kind = 'purchase' AND t.status IN ('paid', 'fulfilled'))
      AND NOT EXISTS (
        SELECT FROM transactions_transaction t
        WHERE t.contact_id = c.id AND t.workspace_id = c.workspace_id AND t.superseded_at IS NULL
          AND t.kind = 'purchase' AND t.status IN ('paid', 'fulfilled')
          AND NOT t.is_paid_channel)
      AND NOT EXISTS (
        SELECT FROM transactions_transaction t
        WHERE t.contact_id = c.id AND t.workspace_id = c.workspace_id AND t.superseded_at IS NULL
          AND t.kind = 'purchase' AND t.channel IN ('direct', 'email'))
"""


@pytest.fixture
def shop() -> tuple[Workspace, User]:
    return make_shop(timezone.now())


def new_page(shop: Workspace) -> str:
    return f"/w/{shop.pk}/segments/new/"


def counted_by_sql(shop: Workspace, statement: str) -> int:
    with workspace_scope(shop), connection.cursor() as cursor:
        cursor.execute(statement, {"workspace": shop.pk})
        return int(cursor.fetchone()[0])


def counted_by_rest(shop: Workspace, where: Any) -> dict[str, Any]:
    _key, secret = make_key(shop, now=timezone.now())
    answer = Client().post(
        "/api/v1/segments/evaluate",
        json.dumps({"where": where}),
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def numbers_on_page(page: Any) -> list[str]:
    return list(
        page.eval_on_selector_all("[data-size]", "all => all.map((one) => one.dataset.size)")
    )


def test_paid_only_buyers_are_built_by_clicks_saved_reloaded_and_edited(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        page.get_by_role("button", name="Add a condition", exact=True).click()
        pick(page, "source of trans", "Source of transactions")
        row(page, 0).get_by_label("how often from there").select_option("only")
        row(page, 0).locator("summary", has_text="any").first.click()
        row(page, 0).get_by_label("any ad").check()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Group in").first.click()
        page.locator("fieldset fieldset select.match").select_option("none")
        page.locator("fieldset fieldset").get_by_role("button", name="Condition in").click()
        pick(page, "source of trans", "Source of transactions")
        row(page, 1).locator("summary", has_text="any").first.click()
        row(page, 1).get_by_label("e-mail", exact=True).check()
        row(page, 1).get_by_label("direct", exact=True).check()
        page.keyboard.press("Escape")
        size = settled(page)
        where = document_of(page)
        rest = counted_by_rest(workspace, where)
        assert size == rest["size"] == counted_by_sql(workspace, PAID_ONLY) == 2
        leaves = [each["size"] for each in rest["nodes"] if "type" in at(where, each["path"])]
        assert numbers_on_page(page) == [str(leaf) for leaf in leaves]
        page.get_by_label("Name of the segment").fill("Paid-only buyers")
        page.keyboard.press("Control+s")
        page.wait_for_url(lambda url: "/new/" not in url)
    with workspace_scope(workspace):
        saved = Segment.objects.in_workspace(workspace).get()
    assert saved.definition["where"] == where
    edit_page = f"/w/{workspace.pk}/segments/{saved.pk}/edit/"
    with editing(chromium, live_server, owner, edit_page) as page:
        assert document_of(page) == where
        assert settled(page) == size
        assert page.input_value(".name-input") == "Paid-only buyers"
        row(page, 0).get_by_label("how often from there").select_option("any")
        assert settled(page) == 2  # "mixed" came also by direct: the group below keeps it out
        page.get_by_role("button", name="Undo").first.click()
        assert settled(page) == size
        assert document_of(page) == where
        page.get_by_role("button", name="Redo").first.click()
        assert document_of(page)["all"][0]["quantifier"] == "any"


def at(where: Any, path: str) -> Any:
    """The node at "$.where.all[0]…"."""
    for key in path.removeprefix("$.where").replace("[", ".").replace("]", "").split("."):
        if key:
            where = where[int(key)] if key.isdecimal() else where[key]
    return where


def test_a_tree_of_three_levels_is_built_by_clicks(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        page.get_by_role("button", name="Add a condition", exact=True).click()
        pick(page, "visit", "Visit")
        page.get_by_role("button", name="Group in").first.click()
        outer = page.locator("fieldset fieldset").first
        outer.get_by_role("button", name="Condition in").click()
        pick(page, "tag", "Tag")
        take_values(page, row(page, 1).get_by_role("combobox", name="Tag: tags"), "vip", "gold")
        outer.get_by_role("button", name="Group in").click()
        inner = page.locator("fieldset fieldset fieldset")
        inner.locator("select.match").select_option("none")
        inner.get_by_role("button", name="Condition in").click()
        pick(page, "city", "City")
        row(page, 2).get_by_label("comparison").select_option("any_of")
        take_values(page, row(page, 2).get_by_role("combobox", name="values"), "Krak", "Gdynia")
        size = settled(page)
        where = document_of(page)
        assert where == {
            "all": [
                {"type": "visits.visited"},
                {
                    "any": [
                        {"type": "tags.has", "tags": ["vip", "gold"]},
                        {
                            "not": {
                                "any": [
                                    {
                                        "type": "contacts.text",
                                        "attribute": "city",
                                        "operator": "any_of",
                                        "values": ["Krakow", "Gdynia"],
                                    }
                                ]
                            }
                        },
                    ]
                },
            ]
        } or where["all"][1]["any"][1]["not"]["any"][0]["values"][0].startswith("Krak")
        assert size == counted_by_rest(workspace, where)["size"]


def test_the_same_tree_is_built_by_keyboard_alone(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    """Tab reaches rows and buttons, arrows walk inside a row, Alt and arrows move it."""
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        keys = page.keyboard
        tab_to(page, "Add a condition")
        keys.press("Enter")
        page.locator(".pick-list [role=option]").first.wait_for()
        keys.type("tag")
        keys.press("Enter")
        # The new row's first missing control has the focus.
        page.wait_for_function("() => document.activeElement.closest('[data-row]')")
        keys.type("vip")
        page.get_by_role("option", name="vip").wait_for()
        keys.press("Enter")
        keys.press("Escape")
        keys.press("Escape")
        assert page.evaluate("document.activeElement.hasAttribute('data-row')")
        keys.press("Control+d")
        keys.press("Control+g")
        page.wait_for_function("() => document.activeElement.closest('fieldset fieldset')")
        keys.press("ArrowDown")
        keys.press("Alt+ArrowUp")
        page.wait_for_function("() => document.activeElement.closest('fieldset fieldset')")
        tab_to(page, "Condition in “Any of these”")
        keys.press("Enter")
        page.locator(".pick-list [role=option]").first.wait_for()
        keys.type("number of transactions")
        keys.press("Enter")
        page.wait_for_function("() => document.activeElement.closest('[data-row]')")
        keys.type("1")
        size = settled(page)
        where = document_of(page)
        vip = {"type": "tags.has", "tags": ["vip"]}
        bought = {"type": "transactions.number_of_orders", "operator": "at_least", "number": 1}
        assert where == {"all": [{"any": [vip, vip, bought]}]}
        assert size == counted_by_rest(workspace, where)["size"]


def tab_to(page: Any, name: str) -> None:
    """Press Tab until the control of that name has the focus."""
    for _press in range(60):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => document.activeElement.getAttribute('aria-label')"
            " ?? document.activeElement.textContent"
        )
        if " ".join(said.split()).removeprefix("+ ").startswith(name):
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def test_rows_are_moved_dragged_switched_off_and_removed_with_undo(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    vip, gold = ({"type": "tags.has", "tags": [tag]} for tag in ("vip", "gold"))
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [vip, gold, {"any": [{"type": "visits.visited"}]}]})
        settled(page)
        row(page, 0).focus()
        page.keyboard.press("Alt+ArrowDown")
        assert [each.get("tags") for each in document_of(page)["all"]] == [["gold"], ["vip"], None]
        page.keyboard.press("Alt+ArrowDown")
        assert document_of(page)["all"][1]["any"][0] == vip
        page.keyboard.press("Control+/")
        assert document_of(page)["all"][1]["any"][0] == {**vip, "disabled": True}
        settled(page)
        drag(page, row(page, 0).locator(".grip"), page.locator("fieldset fieldset .add"))
        assert document_of(page)["all"][0]["any"][2] == gold
        row(page, 0).focus()
        page.keyboard.press("Delete")
        assert len(document_of(page)["all"][0]["any"]) == 2
        page.locator("[data-undo]").click()
        assert len(document_of(page)["all"][0]["any"]) == 3


def drag(page: Any, handle: Any, target: Any) -> None:
    start, end = handle.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + end["height"] / 2, steps=4)
    page.mouse.up()


def test_the_text_view_changes_the_rows_and_the_rows_change_the_text(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        vip = {"type": "tags.has", "tags": ["vip"]}
        show(page, {"any": [vip, {"not": {"type": "visits.visited"}}]})
        before = document_of(page)
        page.get_by_role("button", name="As text").click()
        box = page.locator("#tree-text")
        page.wait_for_function("() => document.getElementById('tree-text').value.includes('vip')")
        page.get_by_role("button", name="Use this text").click()
        page.locator("[data-row]").first.wait_for()
        assert document_of(page) == before
        page.get_by_role("button", name="As text").click()
        page.wait_for_function("() => document.getElementById('tree-text').value.includes('vip')")
        box.fill(box.input_value().replace("vip", "gold"))
        page.get_by_role("button", name="Use this text").click()
        page.locator("[data-row]").first.wait_for()
        assert document_of(page)["any"][0]["tags"] == ["gold"]
        assert settled(page) == counted_by_rest(workspace, document_of(page))["size"]


def test_deep_groups_are_shown_alone_with_a_way_back(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    vip, gold = ({"type": "tags.has", "tags": [tag]} for tag in ("vip", "gold"))
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [vip, {"any": [gold, {"all": [vip, {"any": [gold, vip]}]}]}]})
        size = settled(page)
        page.get_by_role("button", name="Show alone").first.click()
        assert page.locator("[data-row]").count() == 2
        page.locator("[data-row]").first.focus()
        page.keyboard.press("Control+d")
        assert settled(page) == size
        page.get_by_role("button", name="Whole segment").click()
        assert page.locator("[data-row]").count() == 6


def test_a_pasted_list_becomes_values_and_long_lists_collapse(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    city = {"type": "contacts.text", "attribute": "city", "operator": "any_of"}
    cities = ["Gdynia", "Curitiba", *(f"Town {number}" for number in range(8))]
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [{**city, "values": ["Sopot"]}]})
        page.evaluate(
            """text => {
              const box = document.querySelector('[data-row] input[role=combobox]');
              const clipboardData = new DataTransfer();
              clipboardData.setData('text', text);
              box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
            }""",
            "\n".join(cities),
        )
        assert settled(page) == 4
        assert document_of(page)["all"][0]["values"] == ["Sopot", *cities]
        assert page.locator("[data-row] .chip").count() == 3
        page.get_by_role("button", name="show 8 more values").click()
        assert page.locator("[data-row] .chip").count() == 11


def test_suggestions_say_how_many_there_are_and_how_they_are_spelled(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    city = {"type": "contacts.text", "attribute": "city", "operator": "any_of"}
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [city]})
        row(page, 0).get_by_role("combobox", name="values").fill("krako")
        options = page.locator(".combo-list [role=option]")
        options.filter(has_text="Kraków").wait_for()
        texts = [" ".join(text.split()) for text in options.all_inner_texts()]
        assert texts[:2] == ["Kraków 2", "Krakow 1"]


def test_templates_pins_schedule_and_labels_are_saved(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        page.get_by_role("button", name="Start from a template").click()
        page.get_by_role("button", name="Paid-only buyers").click()
        assert settled(page) == 2
        page.get_by_role("button", name="Pin people", exact=True).click()
        page.get_by_label("Find a contact").fill("nobody@")
        page.get_by_role("group", name="nobody@people.example").get_by_role(
            "button", name="in", exact=True
        ).click()
        page.get_by_role("button", name="Close").click()
        assert settled(page) == 3
        assert "Pins add 1 and remove 0" in page.locator(".panel").inner_text()
        page.locator(".editor-actions summary").click()
        page.get_by_role("button", name="Schedule and labels").click()
        page.get_by_label("Count again").select_option("day")
        page.get_by_label("Labels, with commas").fill("spring, paid")
        page.get_by_role("button", name="Close").click()
        page.locator("[data-save]").click()
        page.wait_for_url(lambda url: "/new/" not in url)
    with workspace_scope(workspace):
        saved = Segment.objects.in_workspace(workspace).get()
    assert (saved.name, saved.schedule, saved.labels) == (
        "Paid-only buyers",
        "day",
        ["paid", "spring"],
    )


def test_a_saved_segment_says_who_would_enter_and_leave(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    segment = make_segment(workspace, {"type": "tags.has", "tags": ["vip"]})
    path = f"/w/{workspace.pk}/segments/{segment.pk}/edit/"
    with editing(chromium, live_server, owner, path) as page:
        settled(page)
        show(page, {"type": "tags.has", "tags": ["gold"]})
        facts = page.locator(".changes dd")
        facts.first.wait_for()
        assert facts.all_inner_texts() == ["+2", "−2"]
