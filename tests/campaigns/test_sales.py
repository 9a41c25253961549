"""Revenue of many campaigns at once: in a list as on each one's report."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns import listing
from campaigns.listing import campaign_rows
from campaigns.models import Campaign
from campaigns.report import report_of
from campaigns.report.figures import Sales
from contacts.models import Contact
from tests.campaigns.test_report import happens, sent
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.contacts import make_contact
from tests.makers.responses import make_run
from tests.makers.tracking import make_message
from tests.makers.transactions import make_refund, make_transaction
from tests.makers.workspaces import NOW, make_user, make_workspace
from tracking.services import record_message_events
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

START = NOW - timedelta(days=10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


def people(shop: Workspace, number: int) -> list[Contact]:
    return [make_contact(shop, f"p{index}") for index in range(number)]


def rows_of(shop: Workspace, **given: Any) -> dict[str, Any]:
    with workspace_scope(shop):
        campaigns = list(Campaign.objects.in_workspace(shop).order_by("pk"))
        rows = campaign_rows(workspace=shop, campaigns=campaigns, **{"as_of": NOW, **given})
    return {row.campaign.name: row.results for row in rows}


def reported(campaign: Campaign, **given: Any) -> Sales:
    total = report_of(campaign=campaign, **{"as_of": NOW, **given}).total
    return Sales(total.purchases, total.buyers, total.revenue)


def make_tangle(shop: Workspace, number: int = 4) -> list[Campaign]:
    """Campaigns of two sends each to the same people, who click here and there and buy."""
    everybody = people(shop, 5)
    campaigns = [make_campaign(shop, audience={}) for _ in range(number)]
    for place, campaign in enumerate(campaigns):
        for turn in range(2):
            run = make_run(shop, campaign, at=START + turn * DAY)
            for index, contact in enumerate(everybody):
                recipient = sent(run, contact, START + turn * DAY)
                if (index + place + turn) % 3:
                    at = START + turn * DAY + (1 + (index * 7 + place * 11) % 40) * HOUR
                    is_machine = (index + place) % 4 == 3
                    happens(recipient, "clicked", at, is_machine=is_machine)
    for index in range(20):
        bought = make_transaction(shop, f"p{index % 5}", START + index * 4 * HOUR, f"{index}.00")
        if index % 6 == 5:
            make_refund(shop, bought, START + 6 * DAY, "1.00")
    return campaigns


@pytest.mark.parametrize("rule", ["click", pytest.param("open_or_click", marks=pytest.mark.night)])
def test_each_campaign_of_a_list_has_the_revenue_of_its_report(shop, rule):
    make_sending_settings(shop, revenue_rule=rule, attribution_days=1)
    campaigns = make_tangle(shop)
    for as_of in (NOW, START + 30 * HOUR, START):
        expected = {each.name: reported(each, as_of=as_of) for each in campaigns}
        found = rows_of(shop, as_of=as_of)
        assert {name: results.sales for name, results in found.items()} == expected
    assert len({sales.revenue for sales in map(reported, campaigns)}) > 2, "nothing was told apart"


def test_what_others_record_under_the_key_of_a_campaign_earns_it_nothing(shop):
    run = make_run(shop, at=START)
    [ann, bob] = people(shop, 2)
    sent(run, ann)
    message = make_message(shop, bob, START, campaign=f"campaign-{run.campaign_id}")
    forged = {
        "external_id": "forged",
        "message": message.external_id,
        "kind": "clicked",
        "occurred_at": (START + HOUR).isoformat(),
    }
    record_message_events(workspace=shop, items=[forged], now=NOW, source="api")
    make_transaction(shop, bob, START + 2 * HOUR, "10.00")
    [results] = rows_of(shop).values()
    assert results.sales == reported(run.campaign) == Sales()


@pytest.mark.night
def test_the_list_asks_as_much_for_one_campaign_as_for_many(shop):
    def statements() -> int:
        with workspace_scope(shop):
            campaigns = list(Campaign.objects.in_workspace(shop))
            with CaptureQueriesContext(connection) as found:
                campaign_rows(workspace=shop, campaigns=campaigns, as_of=NOW)
        return len(found)

    make_tangle(shop, 1)
    few = statements()
    make_tangle(shop, 4)
    assert statements() == few


@pytest.mark.night
def test_a_list_does_not_wait_for_revenue_that_takes_too_long(shop, monkeypatch):
    make_tangle(shop, 1)
    monkeypatch.setattr(listing, "PATIENCE", "1ms")
    monkeypatch.setattr(
        "campaigns.report.attribution._BY_CAMPAIGN", "SELECT pg_sleep(5), 1 AS campaign_id"
    )
    [results] = rows_of(shop).values()
    assert results.sales is None
    assert results.delivered == 10


def test_the_page_writes_revenue_in_the_workspaces_currency():
    owner = make_user("ola@nordlicht.example")
    shop = make_workspace("Nordlicht", owner=owner, base_currency="PLN")
    at = START
    sold, unsold = (make_campaign(shop, audience={}, name=name, now=at) for name in ("Aa", "Bb"))
    make_campaign(shop, audience={}, name="Cc", now=at)
    ann, *_others = people(shop, 1)
    happens(sent(make_run(shop, sold, at=at), ann, at), "clicked", at + HOUR)
    sent(make_run(shop, unsold, at=at), ann, at)
    for amount in ("1234.50", "10.00"):
        make_transaction(shop, ann, at + 2 * HOUR, amount, currency="PLN")
    client = Client()
    client.force_login(owner)
    page = client.get(f"/w/{shop.pk}/campaigns/", {"sort": "name"}).content.decode()
    cells = re.findall(r'"Revenue">(.*?)</td>', page, re.DOTALL)
    shown = [" ".join(each.split()) for each in cells]
    assert shown == [
        'PLN 1,244.50<span class="small faint under">2 purchases</span>',
        "PLN 0.00",
        "–",
    ]
