"""Checking links in the last step of the editor."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.browsing import check_page, chromium
from tests.campaigns.test_pages_editor import edit_path, writing
from tests.campaigns.web_server import web_server
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.wizard.editing import make_shop

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.night, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("look", [{}, {"phone": True, "dark": True}], ids=["desktop", "phone"])
def test_what_is_wrong_with_a_link_is_said_and_leads_to_its_block(
    chromium: Any, live_server: Any, look: dict[str, bool]
) -> None:
    cache.clear()
    workspace, owner = make_shop(timezone.now())
    make_sending_settings(workspace)
    with web_server() as server:
        blocks = [
            {"id": "a", "type": "heading", "text": "New in the shop"},
            {
                "id": "b",
                "type": "button",
                "label": "Look",
                "href": f"http://127.0.0.1:{server.port}/",
            },
        ]
        content = {"subject": "Hello", "body": {"kind": "blocks", "blocks": blocks}}
        campaign = make_campaign(workspace, audience={}, content=content)
        with writing(chromium, live_server, owner, edit_path(campaign, "review"), **look) as page:
            page.locator("[data-check-links]").click()
            found = page.get_by_role("list", name="Links").get_by_role("listitem")
            found.first.wait_for()
            assert found.count() == 1
            assert "leads into a private network" in found.inner_text()
            check_page(page, f"campaign-links-{'phone' if look else 'desktop'}")
            found.get_by_role("button", name="Show the block").click()
            page.get_by_label("Leads to").first.wait_for()
        assert server.asked == []
