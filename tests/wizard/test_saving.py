"""Before a changed definition is saved it shows who moves, and never stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from segments.models import Segment
from tests.browsing import chromium
from tests.makers.recounts import save_segment
from tests.wizard.editing import editing, make_shop, settled, show
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VIP, GOLD = ({"type": "tags.has", "match": "any", "tags": [tag]} for tag in ("vip", "gold"))


def people_in(dialog: Any) -> list[str]:
    names = dialog.locator(".people a").all_inner_texts()
    return sorted(name.split("@")[0] for name in names)


def test_the_save_dialog_shows_who_moves_and_saving_works_without_an_answer_too(
    chromium: Any, live_server: Any
) -> None:
    workspace, owner = make_shop(timezone.now())
    segment = save_segment(workspace, VIP, now=timezone.now(), name="Friends")
    save_segment(workspace, {"segment": segment.pk}, now=timezone.now(), name="Outer")
    path = f"/w/{workspace.pk}/segments/{segment.pk}/edit/"

    with editing(chromium, live_server, owner, path) as page:
        settled(page)
        show(page, GOLD)
        settled(page)
        page.locator("[data-save]").click()
        dialog = page.locator("dialog[open]")
        dialog.locator(".move:not([disabled])").first.wait_for()
        assert dialog.locator(".move .n").all_inner_texts() == ["+2", "−2", "1"]
        assert "3 people now, 3 afterwards" in dialog.inner_text()
        assert people_in(dialog) == ["browser", "mailed"]
        dialog.locator("[data-movement=leaving]").click()
        assert people_in(dialog) == ["mixed", "paid"]
        assert "Outer" in dialog.locator(".hits").inner_text()
        dialog.locator("[data-save-changes]").click()
        page.wait_for_url(lambda url: "/edit/" not in url)

    with editing(chromium, live_server, owner, path) as page:
        settled(page)
        page.get_by_label("Name of the segment").fill("Good friends")
        page.locator("[data-save]").click()
        page.wait_for_url(lambda url: "/edit/" not in url)
        page.goto(path)
        page.wait_for_selector("#editor fieldset")
        show(page, VIP)
        settled(page)
        page.route("**/diff/", lambda route: route.fulfill(status=200, body="not json"))
        page.locator("[data-save]").click()
        dialog = page.locator("dialog[open]")
        dialog.get_by_text("You can save all the same").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/edit/" not in url)

    with workspace_scope(workspace):
        saved = Segment.objects.in_workspace(workspace).get(pk=segment.pk)
    assert (saved.name, saved.version_number) == ("Good friends", 3)
    assert saved.definition["where"] == VIP
