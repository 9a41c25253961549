"""The segments of the main job: built by clicks and by keyboard alone, counted, saved, watched."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from segments.models import Segment
from tests.browsing import chromium
from tests.makers.recounts import work
from tests.wizard.editing import (
    ask_rest,
    counted_by_rest,
    document_of,
    editing,
    make_shop,
    pick,
    row,
    settled,
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


# Visited, and: tagged gold, or of a city that is neither of two.
THREE_LEVELS_SQL = """
    SELECT count(*) FROM contacts_contact c
    WHERE c.workspace_id = %(workspace)s
      AND EXISTS (SELECT FROM tracking_visit v
                  WHERE v.contact_id = c.id AND v.workspace_id = c.workspace_id)
      AND (EXISTS (SELECT FROM contacts_contacttag g JOIN contacts_tag t ON t.id = g.tag_id
                   WHERE g.contact_id = c.id AND g.workspace_id = c.workspace_id
                     AND g.valid_to IS NULL AND t.key = 'gold')
           OR NOT EXISTS (SELECT FROM contacts_attributevalue a
                          JOIN contacts_attributedefinition d ON d.id = a.attribute_id
                          WHERE a.contact_id = c.id AND a.workspace_id = c.workspace_id
                            AND a.valid_to IS NULL AND d.key = 'city'
                            AND a.text_norm IN ('krakow', 'gdynia')))
"""
CITY = {
    "type": "contacts.text",
    "attribute": "city",
    "values": ["Krakow", "Gdynia"],
}
THREE_LEVELS = {
    "all": [
        {"type": "visits.visited"},
        {"any": [{"type": "tags.has", "tags": ["gold"]}, {"not": {"any": [CITY]}}]},
    ]
}


@pytest.fixture
def shop() -> tuple[Workspace, User]:
    return make_shop(timezone.now())


def new_page(shop: Workspace) -> str:
    return f"/w/{shop.pk}/segments/new/"


def counted_by_sql(shop: Workspace, statement: str) -> int:
    with workspace_scope(shop), connection.cursor() as cursor:
        cursor.execute(statement, {"workspace": shop.pk})
        return int(cursor.fetchone()[0])


def check_numbers(page: Any, workspace: Workspace, statement: str, expected: int) -> Any:
    """Total and rows on the page are what REST and the statement say; returns the tree."""
    size, where = settled(page), document_of(page)
    rest = counted_by_rest(workspace, where)
    assert size == rest["size"] == counted_by_sql(workspace, statement) == expected
    leaves = [each["size"] for each in rest["nodes"] if "type" in at(where, each["path"])]
    assert numbers_on_page(page) == [str(leaf) for leaf in leaves]
    return where


def numbers_on_page(page: Any) -> list[str]:
    return list(
        page.eval_on_selector_all("[data-size]", "all => all.map((one) => one.dataset.size)")
    )


def at(where: Any, path: str) -> Any:
    """The node at "$.where.all[0]…"."""
    for key in path.removeprefix("$.where").replace("[", ".").replace("]", "").split("."):
        if key:
            where = where[int(key)] if key.isdecimal() else where[key]
    return where


def save(page: Any, workspace: Workspace, *, is_changed: bool = False) -> Segment:
    """Save with the keyboard; the page of the segment follows.

    `is_changed`: another definition than the saved one is shown with who moves before it is saved.
    """
    page.keyboard.press("Control+s")
    if is_changed:
        page.locator("dialog[open] [data-save-changes]").click()
    page.wait_for_url(lambda url: "/new/" not in url and "/edit/" not in url)
    with workspace_scope(workspace):
        return Segment.objects.in_workspace(workspace).get()


def find_trend(page: Any, workspace: Workspace, segment: Segment) -> list[int]:
    """Do what saving queued; the page then shows a line by itself, the same as REST's."""
    work(now=timezone.now(), backfills=True)
    page.locator("#line-progress").wait_for(state="detached")  # until then it is a part of it
    page.locator("#trend canvas").wait_for()
    shown = page.eval_on_selector_all(
        "section[aria-labelledby=trend-title] table.list tbody tr",
        """rows => rows.map((row) => [...row.cells].slice(1).map((cell) => Number(cell.innerText
          || cell.textContent)))""",
    )
    path = f"segments/{segment.pk}/snapshots/?recorded=false"
    points = ask_rest(workspace, path)["results"]
    assert len(points) > 90
    assert shown[::-1] == [[each["size"], each["entered"], each["left"]] for each in points]
    # The chart is drawn anew when its box gets its width: ask until there is one to measure.
    page.wait_for_function(
        """() => {
          const chart = document.querySelector("#trend canvas");
          return chart !== null && Math.min(chart.clientWidth, chart.clientHeight) > 100;
        }"""
    )
    return [each["size"] for each in points]


def test_paid_only_buyers_are_built_by_clicks_saved_watched_reloaded_and_edited(
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
        where = check_numbers(page, workspace, PAID_ONLY, 2)
        page.get_by_label("Name of the segment").fill("Paid-only buyers")
        saved = save(page, workspace)
        assert saved.definition["where"] == where
        # "paid" and "display" bought ten days ago, "paid" also the day before.
        sizes = find_trend(page, workspace, saved)
        assert (sizes[0], sizes[-1]) == (0, 2)
        page.get_by_role("link", name="Edit").first.click()
        page.wait_for_selector("#editor fieldset")
        assert document_of(page) == where
        assert settled(page) == 2
        assert page.input_value(".name-input") == "Paid-only buyers"
        row(page, 0).get_by_label("how often from there").select_option("any")
        assert settled(page) == 2  # "mixed" came also by direct: the group below keeps it out
        page.get_by_role("button", name="Undo").first.click()
        assert document_of(page) == where
        page.get_by_role("button", name="Redo").first.click()
        page.locator("fieldset fieldset select.match").select_option("any")
        assert settled(page) == 1
        edited = save(page, workspace, is_changed=True)
        assert edited.definition["where"]["all"][0]["quantifier"] == "any"
        assert find_trend(page, workspace, edited)[-1] == 1


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
        take_values(page, row(page, 1).get_by_role("combobox", name="Tag: tags"), "gold")
        outer.get_by_role("button", name="Group in").click()
        inner = page.locator("fieldset fieldset fieldset")
        inner.locator("select.match").select_option("none")
        inner.get_by_role("button", name="Condition in").click()
        pick(page, "city", "City")
        take_values(page, row(page, 2).get_by_role("combobox", name="values"), "Krakow", "Gdynia")
        assert check_numbers(page, workspace, THREE_LEVELS_SQL, 5) == THREE_LEVELS


def test_the_same_tree_is_built_by_keyboard_alone_and_saved(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    """Tab reaches rows and buttons, arrows walk inside a row, Enter takes what was typed."""
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        add_by_keys(page, "Add a condition", "visit", "Visit")
        press(page, "Group in “All of these”, level 1")
        add_by_keys(page, "Condition in “Any of these”, level 2", "tag", "Tag")
        type_values(page, "gold")
        press(page, "Group in “Any of these”, level 2")
        tab_to(page, "How the rows combine", within="fieldset fieldset fieldset")
        choose_by_keys(page, "none")
        add_by_keys(page, "Condition in “None of these”, level 3", "city", "City")
        walk_to(page, "values")
        type_values(page, "Krakow", "Gdynia")
        assert check_numbers(page, workspace, THREE_LEVELS_SQL, 5) == THREE_LEVELS
        tab_to(page, "Name of the segment")
        page.keyboard.press("Control+a")
        page.keyboard.type("By keys")
        saved = save(page, workspace)
    assert (saved.name, saved.definition["where"]) == ("By keys", THREE_LEVELS)


def test_paid_only_buyers_are_built_by_keyboard_alone(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        add_by_keys(page, "Add a condition", "source of trans", "Source of transactions")
        walk_to(page, "how often from there")
        choose_by_keys(page, "only")
        walk_to(page, "channels")
        check_by_keys(page, "any ad")
        press(page, "Group in “All of these”, level 1")
        tab_to(page, "How the rows combine", within="fieldset fieldset")
        choose_by_keys(page, "none")
        said = "Condition in “None of these”, level 2"
        add_by_keys(page, said, "source of trans", "Source of transactions")
        walk_to(page, "channels")
        check_by_keys(page, "e-mail", "direct")
        check_numbers(page, workspace, PAID_ONLY, 2)


def test_rows_are_copied_grouped_and_moved_by_keyboard(
    chromium: Any, live_server: Any, shop: tuple[Workspace, User]
) -> None:
    workspace, owner = shop
    with editing(chromium, live_server, owner, new_page(workspace)) as page:
        keys = page.keyboard
        add_by_keys(page, "Add a condition", "tag", "Tag")
        type_values(page, "vip")
        keys.press("Escape")
        keys.press("Escape")
        assert page.evaluate("document.activeElement.hasAttribute('data-row')")
        keys.press("Control+d")
        keys.press("Control+g")
        page.wait_for_function("() => document.activeElement.closest('fieldset fieldset')")
        keys.press("ArrowDown")
        keys.press("Alt+ArrowUp")
        page.wait_for_function("() => document.activeElement.closest('fieldset fieldset')")
        vip = {"type": "tags.has", "tags": ["vip"]}
        assert document_of(page) == {"all": [{"any": [vip, vip]}]}
        assert settled(page) == 3


def said(page: Any) -> str:
    """How the control with the focus is called."""
    words = page.evaluate(
        "() => document.activeElement.getAttribute('aria-label')"
        " ?? document.activeElement.textContent"
    )
    return " ".join(words.split()).removeprefix("+ ")


def tab_to(page: Any, name: str, within: str = "*") -> None:
    """Press Tab until the control of that name has the focus."""
    for _press in range(60):
        page.keyboard.press("Tab")
        is_within = page.evaluate("css => Boolean(document.activeElement.closest(css))", within)
        if said(page).startswith(name) and is_within:
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def walk_to(page: Any, name: str) -> None:
    """Press the right arrow until a control of the row has that name."""
    for _press in range(12):
        if name in said(page) and not page.evaluate(
            "document.activeElement.hasAttribute('data-row')"
        ):
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"the arrows never reach {name!r}, but {said(page)}")


def press(page: Any, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")


def add_by_keys(page: Any, button: str, words: str, label: str) -> None:
    """Open the picker, type, and take what it puts first."""
    rows = page.locator("[data-row]").count()
    press(page, button)
    first = page.locator(".pick-list [role=option]").first
    page.locator(".pick-list b").get_by_text(label, exact=True).first.wait_for()
    page.keyboard.type(words)
    page.wait_for_function(
        "label => document.querySelector('.pick-list [aria-selected=true] b')?.innerText === label",
        arg=label,
    )
    assert first.get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    page.wait_for_function("n => document.querySelectorAll('[data-row]').length > n", arg=rows)
    page.wait_for_function("() => document.activeElement.closest('[data-row]')")


def type_values(page: Any, *values: str) -> None:
    for value in values:
        page.keyboard.type(value)
        page.get_by_role("option", name=value).first.wait_for()
        page.keyboard.press("Enter")


def choose_by_keys(page: Any, value: str) -> None:
    """Walk a select's options, from the first one, to the one that is meant."""
    page.keyboard.press("Home")
    for _press in range(20):
        if page.evaluate("document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the select has no {value!r}")


def check_by_keys(page: Any, *labels: str) -> None:
    """Open a menu of boxes, tick some, close it."""
    page.keyboard.press("Enter")
    for label in labels:
        for _press in range(30):
            page.keyboard.press("Tab")
            words = page.evaluate("document.activeElement.closest('label')?.innerText ?? ''")
            if words.strip() == label:
                page.keyboard.press("Space")
                break
        else:
            raise AssertionError(f"no box {label!r}")
    page.keyboard.press("Escape")
