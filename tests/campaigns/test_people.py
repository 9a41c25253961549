"""Every figure of a report opens the list of who it counts: never one more or less."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from campaigns.models import Campaign, Recipient, Run
from campaigns.recipients import Filters, RecipientList
from campaigns.report import Report, report_of
from campaigns.report.asking import Question
from campaigns.report.people import Did, tree_of
from segments.wizard.drafts import read_draft
from tests.campaigns.test_api import Program
from tests.campaigns.test_report import happens, sent
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.contacts import make_contact
from tests.makers.responses import make_link, make_run
from tests.makers.segments import members
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW, make_member, make_user, make_workspace
from workspaces.models import Role, Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

START = NOW - timedelta(days=10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINKS = ("https://Shop.example/Shoes?utm_source=a&b=c", "https://shop.example/" + "y" * 200)
# What each of eight people does with a message; two of them bought, one twice.
DOINGS: tuple[tuple[tuple[str, dict[str, Any]], ...], ...] = (
    (("delivered", {}), ("opened", {}), ("opened", {}), ("opened", {"is_machine": True})),
    (("clicked", {"link": LINKS[0]}), ("clicked", {"link": LINKS[1]})),
    (("opened", {"is_machine": True}), ("clicked", {"is_machine": True, "link": LINKS[0]})),
    (("bounced", {}),),
    (("opened", {}), ("bounced", {})),
    (("opened", {}), ("unsubscribed", {}), ("complained", {})),
    (),
    (("opened", {}), ("clicked", {"link": LINKS[0]}), ("clicked", {"link": LINKS[0]})),
)


def answered_run(shop: Workspace, campaign: Campaign, at: Any, shift: int = 0) -> Run:
    """A send of two variants to eight people, each doing something else in each send."""
    run = make_run(shop, campaign, at=at, kind="test")
    for index in range(8):
        contact = make_contact(shop, f"p{index}")
        recipient = sent(run, contact, at, variant=index % 2)
        for place, (kind, item) in enumerate(DOINGS[(index + shift) % 8]):
            happens(recipient, kind, at + (1 + place) * HOUR, **item)
    other = make_contact(shop, "left-out")
    sent(run, other, at, state="skipped", reason="no_consent", sent_at=None)
    return run


def make_campaign_sent(shop: Workspace, times: int = 1) -> Campaign:
    make_sending_settings(shop)
    campaign = make_campaign(shop, audience={}, name="New shoes")
    for link in LINKS:
        make_link(shop, campaign, link)
    for turn in range(times):
        answered_run(shop, campaign, START + turn * 2 * DAY, turn)
    for index, amount in ((1, "10.00"), (7, "20.00"), (7, "30.00")):
        make_transaction(shop, f"p{index}", START + (10 + index) * HOUR, amount)
    make_transaction(shop, "p0", START + 3 * DAY, "5.00")
    return campaign


def listed(campaign: Campaign, run: Run | None = None, **asked: Any) -> list[Recipient]:
    question = Question(campaign.workspace, campaign, NOW, run)
    with workspace_scope(campaign.workspace):
        given = {name: str(value) for name, value in asked.items()}
        return list(RecipientList(question, Filters.read(given)).found.order_by("pk"))


def figures(report: Report) -> dict[str, int]:
    total = report.total
    return {did: getattr(total, "buyers" if did == "bought" else did) for did in Did.values}


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.night)])
def test_each_figure_is_the_length_of_its_list(shop, times):
    campaign = make_campaign_sent(shop, times)
    with workspace_scope(shop):
        runs: list[Run | None] = [None, *Run.objects.filter(campaign=campaign)]
    for run in runs:
        report = report_of(campaign=campaign, run=run, as_of=NOW)
        assert {did: len(listed(campaign, run, did=did)) for did in Did.values} == figures(report)
        assert min(figures(report).values()) > 0, figures(report)
        for variant in report.variants:
            for did in ("opened", "clicked", "unsubscribed", "bought", "unopened"):
                shown = getattr(variant.responses, "buyers" if did == "bought" else did)
                found = listed(campaign, run, did=did, variant=variant.number)
                assert len(found) == shown, (did, variant)
        for link in report.links:
            found = listed(campaign, run, did="clicked", link=link.url)
            assert len(found) == link.clicked > 0
        assert {link.url for link in report.links} == set(LINKS)


def test_lists_of_people_are_of_those_the_figure_means(shop):
    campaign = make_campaign_sent(shop)

    def names(**asked: Any) -> set[str]:
        return {each.contact.external_id or "" for each in listed(campaign, **asked)}

    assert names(did="opened") == {"p0", "p1", "p4", "p5", "p7"}
    assert names(did="opened_by_machine") == {"p2"}
    assert names(did="unopened") == {"p2", "p6"}
    assert names(did="delivered") == {"p0", "p1", "p2", "p5", "p6", "p7"}
    assert names(did="clicked") == {"p1", "p7"}
    assert names(did="clicked", link=LINKS[1]) == {"p1"}
    assert names(did="clicked", link="https://elsewhere.example/") == set()
    assert names(did="bought") == {"p1", "p7"}
    assert names(did="opened", search="p5@") == {"p5"}
    assert names(did="opened", state="skipped") == set()
    assert len(names(did="nonsense")) == 9


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.night)])
def test_the_segment_made_of_a_list_has_the_very_people_of_it(shop, times):
    campaign = make_campaign_sent(shop, times)
    said = set()
    asked = [(did, "") for did in Did] + [(Did.CLICKED, link) for link in LINKS]
    for did, link in asked:
        tree = tree_of(campaign, did, link=link, is_sent_once=times == 1)
        if tree is not None:
            people = {each.contact_id for each in listed(campaign, did=did.value, link=link)}
            assert members(shop, tree) == people, (did, link)
            said.add(did)
    told_of_messages = {Did.DELIVERED, Did.UNOPENED, Did.OPENED_BY_MACHINE} if times > 1 else set()
    assert said == set(Did) - {Did.BOUGHT} - told_of_messages


def test_over_rest_the_recipients_of_a_send_are_listed_by_what_they_did(shop):
    campaign = make_campaign_sent(shop)
    with workspace_scope(shop):
        run = Run.objects.get(campaign=campaign)
    program = Program(shop)
    total = program.get(f"/api/v1/runs/{run.pk}/report/")["total"]
    path = f"/api/v1/runs/{run.pk}/recipients/"
    for did in Did.values:
        found = program.get(path, did=did)["results"]
        assert len(found) == total["buyers" if did == "bought" else did], did
    assert len(program.get(path, did="clicked", link=LINKS[1])["results"]) == 1
    program.get(path, 400, did="nonsense")


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_the_page_of_a_report_leads_to_lists_that_say_the_same_numbers():
    owner = make_user("ola@nordlicht.example")
    shop = make_workspace("Nordlicht", owner=owner)
    campaign = make_campaign_sent(shop)
    client = Client()
    client.force_login(owner)
    page = page_of(client, f"/w/{shop.pk}/campaigns/{campaign.pk}/")
    found = re.findall(r'<a class="figure" href="([^"]+)">([^<]+)</a>', page)
    said = {
        unescape(address): int(re.sub(r"\D.*", "", text))
        for address, text in found
        if "did=" in address and "%" not in text
    }
    asked = {parse_qs(urlsplit(address).query)["did"][0] for address in said}
    assert asked == set(Did.values)
    assert len(said) == len(Did) + len(LINKS) + 4, "links, and what was done in either variant"
    for address, number in said.items():
        listing = page_of(client, address)
        assert re.findall(r'data-number="\w+">(\d+)<', listing) == [str(number)], address
        assert listing.count('<tr data-href="') == number
        file = client.get(address.replace("recipients/?", "recipients.csv?"))
        text = b"".join(file.streaming_content).decode("utf-8-sig")
        assert len(list(csv.DictReader(io.StringIO(text)))) == number
    assert 'href="' + f"/w/{shop.pk}/campaigns/settings/" + '"' in page
    assert "Credited: last click within 5 days." in page

    bought = page_of(client, next(address for address in said if "did=bought" in address))
    assert "EUR\N{NO-BREAK SPACE}50.00" in bought
    assert "Make a segment of them" not in bought
    opened = page_of(client, next(address for address in said if address.endswith("did=unopened")))
    [link] = re.findall(r'href="([^"]+)">(?:<svg.*?</svg>)?\s*Make a segment of them', opened)
    [where] = parse_qs(urlsplit(unescape(link)).query)["where"]
    with workspace_scope(shop):
        tree = read_draft(where, workspace=shop)
    assert len(members(shop, tree)) == 2


def test_who_may_only_look_makes_no_segment_file_or_rule():
    shop = make_workspace("Nordlicht")
    campaign = make_campaign_sent(shop)
    client = Client()
    client.force_login(make_member(shop, Role.VIEWER).user)
    address = f"/w/{shop.pk}/campaigns/{campaign.pk}/"
    assert "Change the rule" not in page_of(client, address)
    listing = page_of(client, f"{address}recipients/?did=opened")
    assert 'data-number="opened">5<' in listing
    assert "Make a segment of them" not in listing
    assert client.get(f"{address}recipients.csv", {"did": "opened"}).status_code == 403
