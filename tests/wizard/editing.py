"""A small shop, and the segment editor in a browser as tests use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.browsing import open_page
from tests.makers.contacts import make_contact
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import make_key, make_user, make_workspace
from workspaces.models import User, Workspace

# Contact → channels of its purchases ("" was not attributed), tags, city.
PEOPLE: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "paid": (("paid_search", "paid_social"), ("vip",), "Kraków"),
    "display": (("display",), (), "Gdynia"),
    "mixed": (("paid_search", "direct"), ("vip",), "Kraków"),
    "mailed": (("email",), ("gold",), "Curitiba"),
    "direct": (("direct",), (), "Gdynia"),
    "unknown": (("",), ("vip", "gold"), "Krakow"),
    "browser": ((), ("gold",), "Curitiba"),
    "nobody": ((), (), ""),
}


def make_shop(now: datetime) -> tuple[Workspace, User]:
    """Eight people, six of whom bought; everybody but "nobody" visited five days ago."""
    owner = make_user("ola@nordlicht.example", name="Ola Nowak")
    shop = make_workspace("Nordlicht", owner=owner, base_currency="PLN", now=now)
    long_ago = now - timedelta(days=400)
    for name, (channels, tags, city) in PEOPLE.items():
        make_contact(
            shop,
            name,
            now=long_ago,
            email=f"{name}@people.example",
            tags={"add": list(tags)},
            attributes={"city": city} if city else {},
        )
        for number, channel in enumerate(channels):
            source = {"source": {"channel": channel}} if channel else {}
            at = now - timedelta(days=10 + number)
            make_transaction(shop, name, at, "100.00", now=now, **source)
        if name != "nobody":
            make_visit(shop, name, now - timedelta(days=5), now=now)
    return shop, owner


@contextmanager
def editing(chromium: Any, live_server: Any, user: User, path: str, **look: bool) -> Iterator[Any]:
    """The editor's page, loaded; whatever the console or the CSP complains about fails."""
    page = open_page(chromium, user=user, base_url=live_server.url, **look)
    page.set_default_timeout(8_000)
    try:
        page.goto(path)
        page.wait_for_selector("#editor fieldset")
        yield page
        assert page.complaints == []
    finally:
        page.context.close()


def settled(page: Any) -> int:
    """The total, once it is fresh."""
    page.wait_for_function(
        "() => document.getElementById('editor').store.counting.status === 'fresh'"
        " && document.querySelector('[data-status=fresh]')"
    )
    return int(page.get_attribute("[data-total]", "data-total"))


def document_of(page: Any) -> Any:
    """The tree as it would be saved."""
    return page.evaluate(
        "async () => (await import(document.querySelector('script[src*=\"wizard/main\"]').src"
        ".replace('main.js', 'model.js')))"
        ".toSavedDocument(document.getElementById('editor').store.root)"
    )


def show(page: Any, where: Any) -> None:
    """Put a tree into the editor."""
    page.evaluate("where => document.getElementById('editor').store.setDocument(where)", where)


def row(page: Any, number: int) -> Any:
    return page.locator("[data-row]").nth(number)


def pick(page: Any, words: str, label: str) -> None:
    """In the open picker, find a condition and take it."""
    page.get_by_role("combobox", name="Find a condition").fill(words)
    named = page.get_by_text(label, exact=True)
    page.locator(".pick-list [role=option]").filter(has=named).first.click()


def take_values(page: Any, box: Any, *values: str) -> None:
    """Type values into a list of values and take what is suggested."""
    for value in values:
        box.fill(value)
        page.get_by_role("option", name=value).first.wait_for()
        box.press("Enter")


def ask_rest(workspace: Workspace, path: str, given: Any = None) -> Any:
    """What REST answers: a GET, or a POST of what is given."""
    _key, secret = make_key(workspace, now=timezone.now())
    client, headers = Client(), {"authorization": f"Bearer {secret}"}
    url = f"/api/v1/{path}"
    if given is None:
        answer = client.get(url, headers=headers)
    else:
        answer = client.post(url, given, content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def counted_by_rest(workspace: Workspace, where: Any) -> dict[str, Any]:
    return dict(ask_rest(workspace, "segments/evaluate", {"where": where}))
