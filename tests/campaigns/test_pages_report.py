"""Pages of a campaign and of its sends, as people see and use them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Run
from tests.browsing import check_page, chromium, open_page
from tests.campaigns.sends import make_people, make_send
from tests.makers.campaigns import make_account, make_sending_settings
from tests.makers.workspaces import make_user, make_workspace
from workspaces.models import User, Workspace

__all__ = ["chromium"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_shop(number: int = 100) -> tuple[Workspace, User, Client, Run]:
    """A shop that sent a newsletter three days ago to some of a hundred people."""
    now = timezone.now()
    owner = make_user("ola@nordlicht.example", name="Ola Nowak")
    workspace = make_workspace("Nordlicht", owner=owner, now=now - 200 * DAY)
    make_account(workspace)
    make_sending_settings(workspace)
    people = make_people(workspace, number, now=now - 90 * DAY)
    run = make_send(workspace, people, at=now - 3 * DAY)
    client = Client()
    client.force_login(owner)
    return workspace, owner, client, run


def address(workspace: Workspace, *parts: object) -> str:
    return "/".join([f"/w/{workspace.pk}/campaigns", *map(str, parts), ""])


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


@pytest.mark.browser
@pytest.mark.parametrize(
    "look", [{"phone": False, "dark": False}, {"phone": True, "dark": True}], ids=["wide", "phone"]
)
@pytest.mark.django_db(transaction=True)
def test_every_page_of_a_send_is_sound(chromium: Any, live_server: Any, look: Any) -> None:
    workspace, owner, _client, run = make_shop()
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    name = f"sends-{'phone-dark' if look['phone'] else 'desktop-light'}"
    for part, parts in (
        ("page", (run.campaign_id,)),
        ("run", ("runs", run.pk)),
        ("recipients", ("runs", run.pk, "recipients")),
        ("receipt", ("runs", run.pk, "receipt")),
        ("calendar", ("calendar",)),
    ):
        page.goto(address(workspace, *parts))
        if part == "page":
            page.wait_for_selector("#responses canvas")
        check_page(page, f"{name}-{part}")
    page.context.close()
