"""What recipients of messages see: sound in light and dark, on a phone and a desk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from campaigns.responses.tokens import Purpose, address
from campaigns.services.topics import create_topic
from contacts.models import Channel, SuppressionReason
from contacts.services import suppress_address
from tests.browsing import check_page, chromium, open_page
from tests.makers.responses import make_recipient
from tests.makers.workspaces import NOW, make_actor, make_workspace

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [
    pytest.param({"phone": False, "dark": False}, id="desktop-light", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": True}, id="phone-dark"),
    pytest.param({"phone": False, "dark": True}, id="desktop-dark", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": False}, id="phone-light", marks=pytest.mark.night),
]


@pytest.mark.parametrize("look", LOOKS)
def test_unsubscribing_and_coming_back_by_clicks(
    chromium: Any, live_server: Any, look: dict[str, bool]
) -> None:
    name = f"{'phone' if look['phone'] else 'desktop'}-{'dark' if look['dark'] else 'light'}"
    workspace = make_workspace("Nordlicht")
    actor = make_actor(workspace)
    create_topic(actor=actor, name="News", description="Once a week, on Fridays", now=NOW)
    create_topic(actor=actor, name="Sales", now=NOW)
    recipient = make_recipient(workspace, address="anna.maria.kowalska@long-name.example.org")
    link = address(Purpose.UNSUBSCRIBE, workspace=workspace, recipient_id=recipient.pk)
    page = open_page(chromium, user=None, base_url=live_server.url, **look)
    try:
        page.goto(urlsplit(link).path)
        check_page(page, f"unsubscribe-{name}")
        page.get_by_role("button", name="Unsubscribe").click()
        page.get_by_role("heading", name="You are unsubscribed").wait_for()
        check_page(page, f"unsubscribed-{name}")
        page.get_by_role("link", name="Choose what to get instead").click()
        assert page.get_by_label("Nothing").is_checked()
        page.get_by_label("Only the topics ticked here").check()
        page.get_by_label("Sales").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        assert page.get_by_label("Sales").is_checked()
        assert not page.get_by_label("News").is_checked()
        check_page(page, f"preferences-{name}")
        assert page.context.cookies() == []
        suppress_address(
            workspace=workspace,
            channel=Channel.EMAIL,
            address=recipient.address,
            reason=SuppressionReason.BOUNCED,
            now=NOW,
        )
        page.reload()
        check_page(page, f"preferences-blocked-{name}")
        answer = page.goto("/m/u/forged")
        assert answer.status == 404
        page.complaints.clear()  # a 404 is one
        check_page(page, f"nothing-{name}")
    finally:
        page.context.close()
