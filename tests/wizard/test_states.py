"""What the editor shows while it counts, where something is wrong, and before it is left."""

from __future__ import annotations

import gzip
from contextlib import suppress
from typing import Any

import pytest
from django.utils import timezone

from segments.models import Segment
from tests.browsing import chromium, keep_picture, open_page, overflow, violations
from tests.makers.segments import make_segment
from tests.wizard.editing import document_of, editing, make_shop, row, settled, show
from workspaces.models import User, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VIP = {"type": "tags.has", "tags": ["vip"]}
GOLD = {"type": "tags.has", "tags": ["gold"]}
NOT_IN_GDYNIA = {
    "type": "contacts.text",
    "attribute": "city",
    "operator": "none_of",
    "values": ["Gdynia"],
}
STATUS = "() => document.getElementById('editor').store.counting.status"


@pytest.fixture
def shop() -> tuple[Workspace, User]:
    return make_shop(timezone.now())


def new_page(shop: Workspace) -> str:
    return f"/w/{shop.pk}/segments/new/"


def test_the_newest_edit_wins_and_an_old_number_is_never_fresh(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    """The first answer is held back until the second edit was counted; it changes nothing."""
    workspace, owner = shop
    held: list[Any] = []
    with editing(chromium, live_server, owner, new_page(workspace)) as page:

        def hold(route: Any) -> None:
            if "vip" in (route.request.post_data or ""):
                held.append(route)
            else:
                route.continue_()

        page.route("**/segments/evaluate/", hold)
        show(page, VIP)
        page.wait_for_function("() => document.querySelector('.total-box[aria-busy=true]')")
        page.wait_for_timeout(300)
        assert held
        assert page.evaluate(STATUS) == "counting"
        assert page.locator(".total").get_attribute("data-status") == "counting"
        show(page, GOLD)
        assert settled(page) == 3
        for route in held:
            # The page may have cancelled it already.
            with suppress(Exception):
                route.continue_()
        page.wait_for_timeout(400)
        assert settled(page) == 3
        assert document_of(page) == GOLD
        page.wait_for_function(
            "() => document.querySelector('[data-spoken]').textContent === '3 people'"
        )


def test_slow_counts_can_be_stopped_and_asked_again(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        page.route("**/segments/evaluate/", lambda route: None)
        show(page, VIP)
        page.locator(".working:not(.still)").wait_for(state="attached")
        page.evaluate("() => { document.getElementById('editor').store.counting.since -= 5000 }")
        page.get_by_role("button", name="stop").click()
        assert page.evaluate(STATUS) == "stopped"
        page.unroute("**/segments/evaluate/")
        page.get_by_role("button", name="count again").click()
        assert settled(page) == 3


def test_an_incomplete_row_is_left_out_of_the_count_and_stops_saving(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [VIP, {"type": "tags.has"}]})
        page.get_by_label("Name of the segment").fill("Half done")
        assert settled(page) == 3
        assert "Fill in what is marked" in row(page, 1).inner_text()
        assert "not counted" in row(page, 1).inner_text()
        save = page.locator("[data-save]")
        assert save.get_attribute("aria-disabled") == "true"
        save.click(force=True)
        assert page.evaluate("document.activeElement.closest('[data-row]') !== null")
        assert page.url.endswith("/new/")
    with workspace_scope(workspace):
        assert not Segment.objects.in_workspace(workspace).exists()


def test_what_the_server_refuses_stands_at_its_row_and_the_rest_is_counted(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    turned = {
        "type": "transactions.amount_spent",
        "operator": "between",
        "amount": "200.00",
        "upper": "100.00",
    }
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [VIP, {"any": [GOLD, turned]}]})
        row(page, 2).locator(".msg").wait_for()
        assert settled(page) == 1
        assert "err" in row(page, 2).get_attribute("class")
        assert "err" not in row(page, 1).get_attribute("class")
        row(page, 2).get_by_label("upper end").fill("300")
        row(page, 2).locator(".msg").wait_for(state="detached")
        assert settled(page) == 3  # the two who spent 200 as well
        page.complaints.clear()  # the 400 that was asked for


def test_a_deleted_tag_is_shown_as_gone(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    segment = make_segment(workspace, {"all": [VIP, {"type": "tags.has", "tags": ["bronze"]}]})
    path = f"/w/{workspace.pk}/segments/{segment.pk}/edit/"
    with editing(chromium, live_server, owner, path) as page:
        row(page, 1).locator(".chip.gone").wait_for()
        assert "“bronze” isn't here any more" in row(page, 1).inner_text()
        assert settled(page) == 3
        page.complaints.clear()


def test_people_who_pass_for_lack_of_data_are_excluded_with_one_click(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [VIP, NOT_IN_GDYNIA]})
        show(page, NOT_IN_GDYNIA)
        assert settled(page) == 6
        assert "1 lack data" in row(page, 0).inner_text()
        page.get_by_role("button", name="Exclude them").click()
        assert settled(page) == 5
        assert document_of(page)["all"][1]["operator"] == "has_value"


def test_leaving_with_changes_asks_and_undoing_them_does_not(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, VIP)
        settled(page)
        page.locator(".side-link[href*=contacts]").first.click()
        page.get_by_role("heading", name="Leave without saving?").wait_for()
        page.keyboard.press("Escape")
        assert page.url.endswith("/new/")
        page.keyboard.press("Control+z")
        page.locator(".side-link[href*=contacts]").first.click()
        page.wait_for_url("**/contacts/")


LOOKS = [
    pytest.param({"phone": False, "dark": False}, id="desktop-light"),
    pytest.param({"phone": True, "dark": True}, id="phone-dark"),
    pytest.param({"phone": False, "dark": True}, id="desktop-dark", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": False}, id="phone-light", marks=pytest.mark.night),
]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_can_be_scrolled_sideways(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User], look: dict[str, bool]
) -> None:
    workspace, owner = shop
    where = {
        "all": [
            NOT_IN_GDYNIA,
            {"any": [VIP, {**GOLD, "disabled": True}]},
            {
                "not": {
                    "any": [
                        {
                            "type": "transactions.number_of_orders",
                            "operator": "at_least",
                            "number": 2,
                            "window": {"last": 90, "unit": "days"},
                        }
                    ]
                }
            },
            {"type": "tags.has"},
        ]
    }
    with editing(chromium, live_server, owner, new_page(workspace), **look) as page:
        assert violations(page) == []
        show(page, where)
        settled(page)
        keep_picture(page, f"editor-{'-'.join(name for name, on in look.items() if on)}")
        assert violations(page) == []
        assert overflow(page) == 0
        page.locator("button.ctl.opens").first.click()
        page.get_by_role("dialog").first.wait_for()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Condition in").last.click()
        page.locator(".pick-list [role=option]").first.wait_for()
        assert violations(page) == []
        if look["phone"]:
            page.keyboard.press("Escape")
            assert small_targets(page) == []


def small_targets(page: Any) -> list[str]:
    """Controls of the editor that a thumb would miss."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll('.tree :is(button, input, select, summary)')]
              .filter((control) => control.offsetParent !== null)
              .filter((control) => !control.closest('.ctl.typed') || control.matches('.ctl'))
              .filter((control) => control.getBoundingClientRect().height < 44)
              .map((control) => control.outerHTML.slice(0, 120))"""
        )
    )


def test_one_tab_stop_a_row_and_arrows_inside(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        show(page, {"all": [VIP, GOLD]})
        settled(page)
        row(page, 0).focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.tagName") == "SELECT"
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
            "Tag: tags: vip, remove"
        )
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.dataset.node") == (
            row(page, 1).get_attribute("data-node")
        )
        assert row(page, 0).get_attribute("aria-label") == "Are tagged any of vip"


def test_the_first_load_is_below_150_kilobytes(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    """With an empty cache: the page, its styles, scripts, font and icons, each compressed."""
    workspace, owner = shop
    page = open_page(chromium, user=owner, base_url=live_server.url)
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(new_page(workspace))
    page.wait_for_selector("#editor fieldset")
    page.wait_for_load_state("networkidle")
    sizes = {answer.url.removeprefix(live_server.url): weight(answer) for answer in answers}
    page.context.close()
    assert "/static/wizard/store.js" in sizes
    assert sum(sizes.values()) < 150_000, sorted(sizes.items(), key=lambda pair: -pair[1])


def weight(answer: Any) -> int:
    """Bytes on their way with gzip; a font is compressed already."""
    body = answer.body()
    return len(body) if answer.url.endswith(".woff2") else len(gzip.compress(body))
