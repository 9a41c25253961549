"""What came of a campaign: counted by hand beside what the report says."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign, Recipient, Run
from campaigns.report import Report, report_of
from contacts.models import Contact
from segments.engine.sets import ContactSet
from segments.models import Snapshot
from tests.makers.campaigns import make_campaign, make_sending_settings
from tests.makers.contacts import make_contact, make_list
from tests.makers.responses import make_link, make_recipient, make_run
from tests.makers.segments import make_segment
from tests.makers.tracking import make_message
from tests.makers.transactions import make_refund, make_transaction, transactions
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import MessageEvent
from tracking.services import SentMessage, record_message_events, record_sent
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

START = NOW - timedelta(days=10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


def sent(run: Run, contact: Contact, at: datetime = START, **given: Any) -> Recipient:
    """A recipient, with its message where it was sent."""
    shop = run.workspace
    recipient = make_recipient(
        shop,
        run,
        contact,
        address=f"{contact.external_id}@example.org",
        **{"sent_at": at, **given},
    )
    if recipient.state == "sent":
        message = SentMessage(f"run:{run.pk}:{recipient.pk}", contact.pk, "Hello", at)
        with workspace_scope(shop):
            record_sent(
                workspace=shop, campaign_key=f"campaign-{run.campaign_id}", messages=[message]
            )
    return recipient


def happens(recipient: Recipient, kind: str, at: datetime, **item: Any) -> None:
    shop = recipient.run.workspace
    name = f"run:{recipient.run_id}:{recipient.pk}"
    with workspace_scope(shop):
        number = MessageEvent.objects.in_workspace(shop).count()
    item = {
        "external_id": f"event-{number}",
        "message": name,
        "kind": kind,
        "occurred_at": at.isoformat(),
    } | item
    [result] = record_message_events(workspace=shop, items=[item], now=NOW, source="test")
    assert not result.is_error, result.errors


def people(shop: Workspace, *names: str) -> list[Contact]:
    return [make_contact(shop, name) for name in names]


def report(campaign: Campaign, **given: Any) -> Report:
    return report_of(campaign=campaign, **{"as_of": NOW, **given})


def test_nobody_written_to_is_an_empty_report(shop):
    found = report(make_campaign(shop, audience={}))
    assert found.is_empty
    assert (found.audience, found.links, found.series, found.variants) == (0, (), (), ())
    assert found.total.open_rate is None
    assert found.total.delivery_rate is None
    assert found.currency == "EUR"


def test_recipients_are_counted_by_state_and_reason(shop):
    run = make_run(shop, at=START)
    ann, bob, eve, dan, joe = people(shop, "ann", "bob", "eve", "dan", "joe")
    sent(run, ann)
    sent(run, bob, state="unknown", sent_at=None)
    sent(run, eve, state="failed", sent_at=None)
    sent(run, dan, state="skipped", reason="held_out", sent_at=None)
    sent(run, joe, state="skipped", reason="no_consent", sent_at=None)

    found = report(run.campaign)

    assert found.audience == 5
    assert {state: number for state, number in found.states.items() if number} == {
        "sent": 1,
        "unknown": 1,
        "failed": 1,
        "skipped": 2,
    }
    assert found.reasons == {"held_out": 1, "no_consent": 1}
    assert found.total.sent == 1


def test_people_and_machines_messages_and_repeats_are_kept_apart(shop):
    run = make_run(shop, at=START)
    ann, bob, eve, dan, joe = (sent(run, each) for each in people(shop, *"abcde"))
    happens(ann, "delivered", START + HOUR)
    for hour in (2, 3, 4):
        happens(ann, "opened", START + hour * HOUR)
    happens(ann, "clicked", START + 4 * HOUR)
    happens(bob, "clicked", START + 2 * HOUR)  # images not loaded
    happens(bob, "unsubscribed", START + 2 * HOUR)
    happens(eve, "opened", START + HOUR, is_machine=True)
    happens(eve, "clicked", START + HOUR, is_machine=True)
    happens(ann, "opened", START + HOUR, is_machine=True)
    happens(dan, "bounced", START + HOUR)
    happens(joe, "complained", START + HOUR)

    total = report(run.campaign).total

    assert (total.sent, total.bounced, total.delivered, total.confirmed) == (5, 1, 4, 1)
    assert (total.opened, total.opens) == (2, 3)
    assert (total.opened_by_machine, total.machine_opens) == (1, 2)
    assert (total.clicked, total.clicks, total.machine_clicks) == (2, 2, 1)
    assert (total.complained, total.unsubscribed) == (1, 1)
    assert total.open_rate == 2 / 4
    assert total.click_to_open_rate == 1
    assert total.delivery_rate == 4 / 5
    assert total.complaint_rate == total.unsubscribe_rate == 1 / 4


def test_what_happens_later_or_elsewhere_is_not_in_it(shop):
    run, other = make_run(shop, at=START), make_run(shop, at=START)
    ann, bob = people(shop, "ann", "bob")
    mine, theirs = sent(run, ann), sent(other, ann)
    happens(mine, "opened", START + 5 * HOUR)
    happens(theirs, "clicked", START + HOUR)
    # Somebody recorded a message of their own under our key.
    message = make_message(shop, bob, START, campaign=f"campaign-{run.campaign_id}")
    record_message_events(
        workspace=shop,
        items=[
            {
                "external_id": "forged",
                "message": message.external_id,
                "kind": "opened",
                "occurred_at": NOW.isoformat(),
            }
        ],
        now=NOW,
        source="api",
    )
    make_run(make_workspace("Twin"), at=START)

    assert report(run.campaign).total.opened == 1
    assert report(run.campaign, as_of=START + 5 * HOUR).total.opened == 0
    assert report(run.campaign).total.clicked == 0
    assert report(run.campaign).total.sent == 1


def test_a_run_is_reported_alone_and_the_campaign_over_all(shop):
    campaign = make_campaign(shop, audience={})
    first = make_run(shop, campaign, at=START)
    second = make_run(shop, campaign, at=START + DAY)
    ann, bob = people(shop, "ann", "bob")
    happens(sent(first, ann), "opened", START + HOUR)
    happens(sent(second, ann, START + DAY), "clicked", START + DAY + HOUR)
    sent(second, bob, START + DAY)

    assert report(campaign).total.sent == 3
    assert report(campaign).total.opened == 2
    assert report(campaign, run=first).total.sent == 1
    assert report(campaign, run=second).total.opened == report(campaign, run=second).total.clicked
    assert report(campaign, run=second).run_id == second.pk


def test_variants_are_told_apart_where_there_are_two(shop):
    run = make_run(shop, at=START, winner=1)
    ann, bob, eve = people(shop, "ann", "bob", "eve")
    happens(sent(run, ann, variant=0), "opened", START + HOUR)
    happens(sent(run, bob, variant=1), "clicked", START + HOUR)
    sent(run, eve, variant=1)

    a, b = report(run.campaign).variants
    assert (a.number, a.responses.sent, a.responses.opened, a.is_winner) == (0, 1, 1, False)
    assert (b.number, b.responses.sent, b.responses.clicked, b.is_winner) == (1, 2, 1, True)


def test_links_are_counted_by_people_clicks_and_machines(shop):
    run = make_run(shop, at=START)
    ann, bob = (sent(run, each) for each in people(shop, "ann", "bob"))
    shoes = make_link(shop, run.campaign, "https://Shop.example/Shoes?utm_source=news")
    long = make_link(shop, run.campaign, "https://shop.example/" + "y" * 300)
    happens(ann, "clicked", START + HOUR, link=shoes.url)
    happens(ann, "clicked", START + 2 * HOUR, link=shoes.url)
    happens(bob, "clicked", START + HOUR, link=shoes.url)
    happens(bob, "clicked", START + HOUR, link=long.url)
    happens(bob, "clicked", START + HOUR, link="https://gone.example/", is_machine=True)

    found = [
        (link.url, link.link_id, link.clicked, link.clicks, link.machine_clicks)
        for link in report(run.campaign).links
    ]
    assert found == [
        (shoes.url, shoes.pk, 2, 3, 0),
        (long.url, long.pk, 1, 1, 0),
        ("https://gone.example/", None, 0, 0, 1),
    ]


def test_the_series_is_by_hour_for_two_days_and_then_by_day_without_gaps(shop):
    run = make_run(shop, at=START)
    ann, bob = people(shop, "ann", "bob")
    first = sent(run, ann, START + timedelta(minutes=20))
    sent(run, bob, START + 3 * HOUR)
    opens = (
        timedelta(minutes=59),
        2 * DAY - timedelta(seconds=1),
        2 * DAY,
        3 * DAY - timedelta(seconds=1),
        5 * DAY,
    )
    for after in opens:
        happens(first, "opened", START + after)

    series = report(run.campaign).series

    assert series[0].start == START
    assert all(before.end == after.start for before, after in pairwise(series))
    assert [point.end - point.start for point in series] == [HOUR] * 48 + [DAY] * 4
    found = {(point.start - START): point.opens for point in series if point.opens}
    assert found == {timedelta(0): 1, 47 * HOUR: 1, 2 * DAY: 2, 5 * DAY: 1}
    assert sum(point.sent for point in series) == 2
    assert series[3].sent == 1


def test_figures_of_a_segment_are_of_its_members_at_the_send(shop):
    segment = make_segment(
        shop,
        {
            "type": "consents.status",
            "channel": "email",
            "statuses": ["granted"],
        },
    )
    ann, bob, eve = people(shop, "ann", "bob", "eve")
    fair = make_list(shop, "Fair", eve, now=START - DAY)
    run = make_run(
        shop,
        at=START,
        segments=[
            {"kind": "segment", "id": segment.pk, "name": "Loyal then", "uses": ["include"],
             "size": 2, "members_hash": ""},
            {"kind": "segment", "id": segment.pk + 1, "name": "Not kept", "uses": ["include"],
             "size": 2, "members_hash": ""},
            {"kind": "list", "id": fair.pk, "name": "Fair", "uses": ["include"],
             "size": 1, "members_hash": ""},
        ],
    )  # fmt: skip
    with workspace_scope(shop):
        Snapshot.objects.create(
            workspace=shop,
            segment=segment,
            as_of=START,
            version_number=1,
            is_recorded=True,
            reason="send",
            size=2,
            members=ContactSet.from_ids(shop.pk, [ann.pk, bob.pk]).pack(),
        )
    first = sent(run, ann)
    sent(run, bob)
    happens(first, "clicked", START + HOUR)
    happens(sent(run, eve), "opened", START + HOUR)
    make_transaction(shop, "ann", START + 2 * HOUR, "30.00")

    loyal, on_list = report(run.campaign).segments

    assert (loyal.kind, loyal.name, loyal.responses.sent) == ("segment", "Loyal then", 2)
    assert (loyal.responses.opened, loyal.responses.clicked) == (1, 1)
    assert (loyal.responses.buyers, loyal.responses.revenue) == (1, 3000)
    assert (on_list.kind, on_list.responses.sent, on_list.responses.opened) == ("list", 1, 1)
    assert on_list.responses.revenue == 0


# --- Revenue -------------------------------------------------------------------------------------


def money(campaign: Campaign, **given: Any) -> tuple[int, int, int]:
    total = report(campaign, **given).total
    return total.purchases, total.buyers, total.revenue


def test_a_purchase_within_the_days_after_a_click_is_credited(shop):
    make_sending_settings(shop, attribution_days=3)
    run = make_run(shop, at=START)
    ann, bob = people(shop, "ann", "bob")
    happens(sent(run, ann), "clicked", START + HOUR)
    happens(sent(run, bob), "opened", START + HOUR)
    make_transaction(shop, "ann", START + timedelta(minutes=59), "1.00")
    make_transaction(shop, "ann", START + HOUR, "10.00")
    make_transaction(shop, "ann", START + HOUR + 3 * DAY - timedelta(seconds=1), "20.00")
    make_transaction(shop, "ann", START + HOUR + 3 * DAY, "2.00")
    make_transaction(shop, "bob", START + 2 * HOUR, "40.00")

    assert money(run.campaign) == (2, 1, 3000)
    assert report(run.campaign).attribution.days == 3
    assert sum(point.revenue for point in report(run.campaign).series) == 3000


def test_by_the_rule_of_opens_an_open_by_a_person_counts_too(shop):
    make_sending_settings(shop, revenue_rule="open_or_click")
    run = make_run(shop, at=START)
    ann, bob = people(shop, "ann", "bob")
    happens(sent(run, ann), "opened", START + HOUR)
    happens(sent(run, bob), "opened", START + HOUR, is_machine=True)
    make_transaction(shop, "ann", START + 2 * HOUR, "10.00")
    make_transaction(shop, "bob", START + 2 * HOUR, "40.00")
    assert money(run.campaign) == (1, 1, 1000)


def test_each_purchase_is_credited_to_one_campaign_by_the_last_touch(shop):
    first, second = make_run(shop, at=START), make_run(shop, at=START)
    [ann] = people(shop, "ann")
    happens(sent(first, ann), "clicked", START + HOUR)
    make_transaction(shop, "ann", START + 90 * timedelta(minutes=1), "10.00")
    happens(sent(second, ann), "clicked", START + 2 * HOUR)
    make_transaction(shop, "ann", START + 3 * HOUR, "20.00")
    # Other senders' messages take nothing away.
    other = make_message(shop, ann, START, campaign="imported")
    record_message_events(
        workspace=shop,
        items=[
            {
                "external_id": "other",
                "message": other.external_id,
                "kind": "clicked",
                "occurred_at": (START + 150 * timedelta(minutes=1)).isoformat(),
            }
        ],
        now=NOW,
        source="api",
    )

    assert money(first.campaign) == (1, 1, 1000)
    assert money(second.campaign) == (1, 1, 2000)


def test_only_what_was_paid_and_kept_counts(shop):
    run = make_run(shop, at=START)
    [ann] = people(shop, "ann")
    happens(sent(run, ann), "clicked", START + HOUR)
    at = START + 2 * HOUR
    for status in ("pending", "cancelled", "test", "refunded"):
        make_transaction(shop, "ann", at, "100.00", status=status)
    make_transaction(shop, "ann", at, "100.00", kind="cart", status="pending")
    kept = make_transaction(shop, "ann", at, "50.00")
    make_refund(shop, kept, at + DAY, "20.00")

    assert money(run.campaign) == (1, 1, 3000)
    assert money(run.campaign, as_of=at + HOUR) == (1, 1, 5000)  # as it stood then


def test_a_purchase_stated_again_is_credited_once(shop):
    run = make_run(shop, at=START)
    [ann] = people(shop, "ann")
    happens(sent(run, ann), "clicked", START + HOUR)
    for total, later in (("10.00", 0), ("12.00", 1), ("15.00", 2)):
        transactions(
            shop,
            {
                "external_id": "t1",
                "contact": {"external_id": "ann"},
                "occurred_at": (START + 2 * HOUR).isoformat(),
                "updated_at": (START + (3 + later) * HOUR).isoformat(),
                "kind": "purchase",
                "status": "paid",
                "total": total,
            },
        )
    assert money(run.campaign) == (1, 1, 1500)


def test_the_sum_over_campaigns_is_what_was_bought_after_some_touch(shop):
    """However clicks and purchases mix, nothing is credited twice and nothing is lost."""
    make_sending_settings(shop, attribution_days=2)
    runs = [make_run(shop, at=START) for _ in range(3)]
    everybody = people(shop, *(f"p{number}" for number in range(6)))
    clicks: dict[str, list[datetime]] = {each.external_id or "": [] for each in everybody}
    for number, contact in enumerate(everybody):
        for place, run in enumerate(runs):
            recipient = sent(run, contact)
            at = START + ((number * 7 + place * 31) % 90) * HOUR
            happens(recipient, "clicked", at)
            clicks[contact.external_id or ""].append(at)
    expected = 0
    for number in range(40):
        buyer = f"p{number % 6}"
        at = START + number * 5 * HOUR
        make_transaction(shop, buyer, at, f"{number}.00")
        if any(click <= at < click + 2 * DAY for click in clicks[buyer]):
            expected += number * 100
    assert expected
    assert sum(money(run.campaign)[2] for run in runs) == expected


# --- Size ----------------------------------------------------------------------------------------


def test_the_number_of_statements_does_not_grow_with_recipients_runs_or_links(shop):
    def statements(campaign: Campaign) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            report(Campaign.objects.select_related("workspace").get(pk=campaign.pk))
        return len(found)

    campaign = make_campaign(shop, audience={})
    with workspace_scope(shop):
        ann, *others = people(shop, *(f"p{number}" for number in range(6)))
        happens(sent(make_run(shop, campaign, at=START), ann), "clicked", START + HOUR, link="a")
        few = statements(campaign)
        for number, contact in enumerate(others):
            run = make_run(shop, campaign, at=START)
            happens(sent(run, contact), "clicked", START + HOUR, link=f"b{number}")
            make_transaction(shop, contact, START + 2 * HOUR, "1.00")
        assert statements(campaign) == few <= 20
