"""The page that says why, as people see and use it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import Contact
from contacts.services import create_tag
from segments.models import Segment
from tests.browsing import check_page, chromium, open_page
from tests.makers.contacts import make_contact
from tests.makers.recounts import save_segment, work
from tests.makers.tracking import make_visit
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import make_user, make_workspace
from workspaces.models import User, Workspace
from workspaces.tenancy import workspace_scope

__all__ = ["chromium"]
pytestmark = pytest.mark.usefixtures("transactional_db")
DAY = timedelta(days=1)
WHERE = {
    "all": [
        {
            "type": "transactions.amount_spent",
            "operator": "at_least",
            "amount": "100.00",
            "window": {"last": 30, "unit": "days"},
        },
        {
            "any": [
                {"type": "visits.visited", "number": 2, "window": {"last": 14, "unit": "days"}},
                {"type": "contacts.text", "attribute": "city", "values": ["Gdynia"]},
            ]
        },
        {"not": {"type": "tags.has", "tags": ["staff"]}},
    ]
}


class Shop:
    """Anna spent enough and visited; Olek spent 40.00 and is of the staff."""

    def __init__(self) -> None:
        self.now = timezone.now() - timedelta(seconds=5)
        self.owner: User = make_user("ola@nordlicht.example", name="Ola Nowak")
        self.workspace: Workspace = make_workspace(
            "Nordlicht", owner=self.owner, now=self.now - 200 * DAY
        )
        with workspace_scope(self.workspace):
            create_tag(workspace=self.workspace, name="staff")
        self.anna = self.person("anna", "Anna", "Zielińska", spent=["80.00", "60.00"])
        for days in (3, 9, 40):
            make_visit(self.workspace, self.anna, self.now - days * DAY, now=self.now)
        self.olek = self.person("olek", "Olek", "Zając", spent=["40.00"], tags={"add": ["staff"]})
        self.segment: Segment = save_segment(
            self.workspace, WHERE, name="Close to buying", now=self.now
        )
        work(now=self.now + timedelta(seconds=1), backfills=False)
        self.client = Client()
        self.client.force_login(self.owner)

    def person(
        self, external_id: str, first: str, last: str, *, spent: list[str], **more: Any
    ) -> Contact:
        contact = make_contact(
            self.workspace,
            external_id,
            now=self.now,
            email=f"{external_id}@mail.example",
            attributes={"first_name": first, "last_name": last},
            observed_at=(self.now - 100 * DAY).isoformat(),
            **more,
        )
        for number, amount in enumerate(spent):
            at = self.now - (12 + 10 * number) * DAY
            make_transaction(self.workspace, contact, at, amount, now=self.now)
        return contact

    def ask(self, **query: Any) -> Any:
        return self.client.get(self.url, query)

    @property
    def url(self) -> str:
        return f"/w/{self.workspace.pk}/segments/{self.segment.pk}/why/"


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_member_is_explained_row_by_row_with_facts_that_lead_to_the_card() -> None:
    shop = Shop()
    page = text_of(shop.ask(contact=shop.anna.pk))
    assert "Anna Zielińska is in “Close to buying”: 3 of 4 rows fit." in page
    assert "EUR 140.00; asked for: at least EUR 100.00" in page
    assert "is not so, as asked" in page
    assert f'href="/w/{shop.workspace.pk}/transactions/' in page
    assert f"/w/{shop.workspace.pk}/contacts/{shop.anna.pk}/?kind=visits&amp;before=" in page
    assert "Out by itself in" in page  # the older visit is 9 days old


def test_who_is_not_in_sees_the_smallest_change() -> None:
    shop = Shop()
    response = shop.ask(contact=shop.olek.pk)
    page = text_of(response)
    assert "Olek Zając is not in “Close to buying”, because 4 of 4 rows fail." in page
    assert "The smallest change, 3 rows together:" in page
    assert "EUR 60.00 more in the last 30 days" in page
    assert "staff is taken off" in page


def test_searching_finds_one_or_offers_a_choice() -> None:
    shop = Shop()
    assert "Some members" in text_of(shop.ask())
    assert "Anna Zielińska is in" in text_of(shop.ask(search="anna"))
    other = shop.ask(search="anna", contact=shop.olek.pk)
    assert "Anna Zielińska is in" in text_of(other), "what is typed wins"
    several = text_of(shop.ask(search="Za mail.example"))
    assert "Olek Zając is not in" in several
    both = text_of(shop.ask(search="mail.example"))
    assert "Whom do you mean?" in both
    assert f"?contact={shop.olek.pk}" in both
    assert "Nobody is called that" in text_of(shop.ask(search="Xavier"))


def test_a_past_day_is_asked_about_by_its_end() -> None:
    shop = Shop()
    day = (shop.now - 21 * DAY).astimezone(shop.workspace.zone).date()
    response = shop.ask(contact=shop.anna.pk, on=day.isoformat())
    found = response.context["found"]
    assert found.as_of.astimezone(shop.workspace.zone).date() == day + DAY
    assert not found.is_member  # only the older purchase by then
    early = shop.ask(contact=shop.anna.pk, on="2020-01-01")
    assert "wasn&#x27;t known yet then" in text_of(early)
    assert shop.ask(contact=shop.anna.pk, on="no day").status_code == 200
    assert shop.ask(contact="9" * 30).status_code == 200


def test_members_and_the_card_lead_here() -> None:
    shop = Shop()
    base = f"/w/{shop.workspace.pk}"
    link = f"{shop.url}?contact={shop.anna.pk}"
    assert link in text_of(shop.client.get(f"{base}/segments/{shop.segment.pk}/members/"))
    assert link in text_of(shop.client.get(f"{base}/contacts/{shop.anna.pk}/"))


def test_a_broken_segment_says_what_is_gone() -> None:
    shop = Shop()
    with workspace_scope(shop.workspace):
        gone = {"version": 1, "where": {"type": "tags.has", "tags": ["gone"]}}
        Segment.objects.filter(pk=shop.segment.pk).update(definition=gone)
    assert "gone" in text_of(shop.ask(contact=shop.anna.pk))


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_the_page_can_be_used_by_everybody(
    chromium: Any, live_server: Any, phone: bool, dark: bool
) -> None:
    shop = Shop()
    page = open_page(chromium, user=shop.owner, base_url=live_server.url, phone=phone, dark=dark)
    for person in (shop.anna, shop.olek):
        page.goto(f"{shop.url}?contact={person.pk}")
        check_page(page, f"why-{person.external_id}{'-phone' if phone else ''}")
