"""Segments built in the browser: by clicks, by keyboard alone; counted, saved, opened, edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from segments.models import Segment
from tests.browsing import chromium
from tests.makers.segments import make_segment
from tests.wizard.editing import (
    counted_by_rest,
    document_of,
    editing,
    make_shop,
    row,
    settled,
    show,
)
from workspaces.models import User, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop() -> tuple[Workspace, User]:
    return make_shop(timezone.now())


def new_page(shop: Workspace) -> str:
    return f"/w/{shop.pk}/segments/new/"


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


def test_words_agree_with_the_number_that_is_typed(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    visited = {"type": "visits.visited", "operator": "at_least", "number": 1}
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [visited]})
        words = row(page, 0).locator(".words")
        words.get_by_text("time", exact=True).wait_for()
        row(page, 0).get_by_label("number").fill("3")
        words.get_by_text("times", exact=True).wait_for()
        settled(page)
        assert row(page, 0).get_attribute("aria-label").startswith("Visited at least 3 times")


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
