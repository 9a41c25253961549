"""The pages about contacts in headless Chromium: sound in light and dark, wide and narrow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from contacts.models import Channel, SuppressionReason
from contacts.services import create_category, suppress_address
from tests.browsing import check_page, chromium, open_page
from tests.makers.contacts import make_attribute, make_contact, make_list, upsert
from tests.makers.workspaces import make_user, make_workspace
from workspaces.models import User, Workspace

__all__ = ["chromium"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [
    pytest.param({"phone": False, "dark": False}, id="desktop-light"),
    pytest.param({"phone": True, "dark": True}, id="phone-dark"),
    pytest.param({"phone": False, "dark": True}, id="desktop-dark", marks=pytest.mark.night),
    pytest.param({"phone": True, "dark": False}, id="phone-light", marks=pytest.mark.night),
]
PEOPLE = (
    ("Anna", "Kowalska", "Łódź", "PL", ["vip", "newsletter"]),
    ("João", "Souza da Conceição", "São Paulo", "BR", ["wholesale"]),
    ("Emily", "Clarke", "Leeds", "GB", []),
    ("Grzegorz", "Brzęczyszczykiewicz", "Szczebrzeszyn", "PL", ["vip", "gold", "fair", "tea"]),
    ("", "", "", "", []),
)


def make_lived_in_workspace() -> tuple[Workspace, User]:
    """A workspace with people who have pasts."""
    now = timezone.now()
    owner = make_user("ola.nowak@nordlicht.example", name="Ola Nowak")
    workspace = make_workspace("Nordlicht Outdoor", owner=owner, now=now)
    create_category(workspace=workspace, name="Retail")
    make_attribute(workspace, "shoe_size", "number")
    make_attribute(workspace, "likes", "choices", options=["tea", "coffee", "kayaks"])
    for number, (first, last, city, country, tags) in enumerate(PEOPLE):
        upsert(
            workspace,
            {
                "external_id": f"SHOP-{1000 + number}",
                "email": f"{first.lower() or 'nobody'}{number}@nordlicht.example",
                "attributes": {
                    "first_name": first,
                    "last_name": last,
                    "city": city,
                    "country": country,
                    "birthday": "1990-05-17",
                    "shoe_size": 38 + number,
                    "likes": ["tea", "kayaks"],
                },
                "tags": {"add": tags},
                "categories": ["retail"],
                "consents": {"email": "granted", "sms": "pending"},
                "observed_at": (now - timedelta(days=40 * number + 3)).isoformat(),
            },
            now=now,
        )
    upsert(
        workspace,
        {
            "external_id": "SHOP-1003",
            "attributes": {"city": "Konstantynopol nad Bzurą", "shoe_size": 44},
            "consents": {"sms": "withdrawn"},
        },
        now=now - timedelta(hours=2),
    )
    suppress_address(
        workspace=workspace,
        channel=Channel.EMAIL,
        address="grzegorz3@nordlicht.example",
        reason=SuppressionReason.BOUNCED,
        now=now,
    )
    return workspace, owner


@pytest.mark.parametrize("look", LOOKS)
def test_pages_of_contacts_are_sound(
    chromium: Any, live_server: Any, look: dict[str, bool]
) -> None:
    workspace, owner = make_lived_in_workspace()
    person = make_contact(workspace, "SHOP-1003", now=timezone.now())
    guests = make_list(workspace, "Guests of the fair in Poznań", person, now=timezone.now())
    make_list(workspace, "Nobody", now=timezone.now())
    empty = make_workspace("Empty", owner=owner, now=timezone.now())
    here = f"/w/{workspace.pk}"
    paths = {
        "contacts": f"{here}/contacts/",
        "contacts-none": f"{here}/contacts/?search=nobody-like-this",
        "contact": f"{here}/contacts/{person.pk}/",
        "contact-edit": f"{here}/contacts/{person.pk}/edit/",
        "contact-new": f"{here}/contacts/new/",
        "tags": f"{here}/tags/",
        "categories": f"{here}/categories/",
        "attributes": f"{here}/attributes/",
        "lists": f"{here}/lists/",
        "list": f"{here}/lists/{guests.pk}/",
        "contacts-empty": f"/w/{empty.pk}/contacts/",
        "tags-empty": f"/w/{empty.pk}/tags/",
        "lists-empty": f"/w/{empty.pk}/lists/",
    }
    page = open_page(chromium, user=owner, base_url=live_server.url, **look)
    try:
        for name, path in paths.items():
            page.goto(path)
            check_page(page, name_of(look, name))
        if not look["phone"]:
            page.goto(paths["contact"])
            page.click("summary[aria-label='More']")
            page.click("[data-dialog='merge']")
            check_page(page, name_of(look, "contact-merge"))
    finally:
        page.context.close()


def name_of(look: dict[str, bool], page: str) -> str:
    return f"{page}-{'phone' if look['phone'] else 'desktop'}-{'dark' if look['dark'] else 'light'}"
