"""Every page there is, found in the URL resolver, in headless Chromium: a crawl."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.browsing import chromium, fonts_loaded, keep_picture, open_page, overflow, violations
from tests.pages.world import Shop, make_shop
from tests.security.routes import Route, all_routes

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [
    pytest.param({"phone": False, "dark": False}, id="desktop-light"),
    pytest.param({"phone": True, "dark": True}, id="phone-dark"),
    pytest.param({"phone": False, "dark": True}, id="desktop-dark", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": False}, id="phone-light", marks=pytest.mark.night),
]
# The reference of the REST API is drawn by Swagger UI, which brings its own markup and colours.
DRAWN_BY_OTHERS = re.compile(r"^api/docs/")
# What a route's arguments can't be filled with: secrets from mails, names of providers.
WITH_SECRETS = re.compile(r"<str:token>|<key>|uidb36|process_id|\(\?P<key>")


def routes() -> list[Route]:
    """Everything a browser may GET: no JSON of either mount, nothing behind a secret."""
    return [
        route
        for route in all_routes()
        if not route.is_api
        and route.viewset is None
        and not DRAWN_BY_OTHERS.match(route.pattern)
        and not WITH_SECRETS.search(route.pattern)
    ]


def pages_of(shop: Shop, client: Client) -> list[str]:
    """The addresses that answer with a page to this visitor."""
    paths = [shop.path(route) for route in routes()]
    found = []
    for path in paths:
        answer = client.get(path)
        assert answer.status_code < 500, (path, answer.status_code)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            found.append(path)
    return found


def settle(page: Any) -> None:
    """Wait until the fonts are there and no number is waited for."""
    fonts_loaded(page)
    if re.search(r"/(segments|campaigns)/(new|\d+/edit)/", page.url):
        page.wait_for_load_state("networkidle")  # the editors ask for their numbers by themselves
    page.wait_for_selector("[aria-busy=true], .stale:not(.fresh)", state="detached")


def faults_of(page: Any, path: str) -> list[str]:
    """What is wrong with a page, one line each."""
    page.complaints.clear()
    answer = page.goto(path)
    settle(page)
    keep_picture(page, re.sub(r"\W+", "-", path).strip("-") or "home")
    faults = [f"console: {line}" for line in page.complaints]
    if answer.status != 200:
        faults.append(f"status {answer.status}")
    if answer.headers.get("content-security-policy", "").startswith("sandbox"):
        # A message in a frame of ours: what tenants wrote, not a page. No timer runs in it, so that
        # axe would never come to an end; the editor shows it, and axe is asked there.
        return faults
    if (headings := page.locator("h1:visible").count()) != 1:
        faults.append(f"{headings} h1")
    if not re.fullmatch(r"\S.* · Kohorta", page.title()) or page.title() == "Kohorta · Kohorta":
        faults.append(f"title {page.title()!r}")
    if sideways := overflow(page):
        faults.append(f"scrolls sideways by {sideways}")
    return faults + violations(page)


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_sound(
    chromium: Any, live_server: Any, look: dict[str, bool], record_property: Any
) -> None:
    shop = make_shop()
    client = Client()
    signed_out = pages_of(shop, client)
    client.force_login(shop.owner)
    signed_in = pages_of(shop, client)
    assert len(signed_in) > 25
    assert len(signed_out) >= 4
    faults = {}
    for user, paths in ((None, signed_out), (shop.owner, signed_in)):
        page = open_page(chromium, user=user, base_url=live_server.url, **look)
        try:
            for path in paths:
                if found := faults_of(page, path):
                    faults[path] = found
        finally:
            page.context.close()
    assert faults == {}
    record_property("pages", len(signed_in) + len(signed_out))


def test_the_first_page_of_a_workspace_is_its_segments(client: Client) -> None:
    shop = make_shop()
    client.force_login(shop.owner)
    for path in (f"/w/{shop.workspace.pk}/", "/"):
        answer = client.get(path, follow=True)
        assert answer.redirect_chain[-1][0] == f"/w/{shop.workspace.pk}/segments/"
