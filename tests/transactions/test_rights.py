"""Merging, erasing and exporting contacts reaches what they did and bought."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import ChangeKind, Contact, ContactChange
from contacts.services import erase_contact, export_contact, merge_contacts
from contacts.timeline import read_timeline
from tests.makers.tracking import (
    make_activity,
    make_message,
    make_message_event,
    make_visit,
    visit_item,
    visits,
)
from tests.makers.transactions import (
    line_item,
    make_refund,
    make_transaction,
    refund_item,
    refunds,
    transaction_item,
    transactions,
    version_at,
)
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import Activity, ActivityValue, Message, MessageEvent, PageView, Visit
from transactions.models import LineItem, LineProperty, Refund, Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def shop() -> Workspace:
    workspace = make_workspace()
    at = NOW - DAY
    make_visit(
        workspace,
        "ann",
        at,
        channel="paid_search",
        pages=[{"url": "https://shop.example/p", "occurred_at": at.isoformat()}],
    )
    make_activity(workspace, "ann", "seminar", at, city="Gdynia")
    message = make_message(workspace, "ann", at)
    make_message_event(workspace, message, "clicked", at + HOUR)
    line = line_item("10.00", product="boots", properties={"engraving": "For Ann"})
    bought = make_transaction(workspace, "ann", at + HOUR / 4, lines=[line], external_id="t1")
    make_refund(workspace, bought, NOW - HOUR, "4.00")
    return workspace


def contact_of(workspace: Workspace, external_id: str) -> Contact:
    with workspace_scope(workspace):
        return Contact.objects.in_workspace(workspace).get(external_id=external_id)


FACTS = (Visit, PageView, Activity, Message, MessageEvent, Transaction, LineItem, Refund)


def test_a_merge_moves_every_fact_and_marks_both(shop):
    make_transaction(shop, "bob", NOW, "1.00")
    winner, loser = contact_of(shop, "bob"), contact_of(shop, "ann")

    merge_contacts(workspace=shop, winner_id=winner.pk, loser_id=loser.pk, now=NOW)

    with workspace_scope(shop):
        for model in FACTS:
            assert set(model.objects.values_list("contact_id", flat=True)) == {winner.pk}
        for kind in (ChangeKind.VISIT, ChangeKind.TRANSACTION, ChangeKind.MESSAGE):
            changed = ContactChange.objects.filter(kind=kind).order_by("-pk")[:2]
            assert {change.contact_id for change in changed} == {winner.pk, loser.pk}


def test_after_a_merge_purchases_belong_to_the_visits_of_both(shop):
    make_transaction(shop, "bob", NOW - DAY + HOUR / 3, "1.00", external_id="t2")
    assert version_at(shop, "t2", NOW).channel == "unknown"

    winner, loser = contact_of(shop, "bob"), contact_of(shop, "ann")
    merge_contacts(workspace=shop, winner_id=winner.pk, loser_id=loser.pk, now=NOW)

    assert version_at(shop, "t2", NOW).channel == "paid_search"


def test_after_a_merge_repeated_facts_are_still_recognised(shop):
    visit = visit_item("ann", NOW - HOUR)
    bought = transaction_item("ann", NOW - HOUR, "5.00")
    back = refund_item(bought["external_id"], NOW, "1.00")
    visits(shop, visit), transactions(shop, bought), refunds(shop, back)
    make_visit(shop, "bob", NOW - HOUR)
    winner, loser = contact_of(shop, "bob"), contact_of(shop, "ann")
    merge_contacts(workspace=shop, winner_id=winner.pk, loser_id=loser.pk, now=NOW)

    results = visits(shop, visit) + transactions(shop, bought) + refunds(shop, back)
    assert {result.status.value for result in results} == {"duplicate"}
    later = transactions(shop, bought | {"status": "fulfilled"}, now=NOW + HOUR)
    assert later[0].status.value == "updated"
    assert version_at(shop, bought["external_id"], NOW + HOUR).contact_id == winner.pk


def test_an_erasure_takes_what_is_personal_and_leaves_the_sums(shop):
    erase_contact(workspace=shop, contact_id=contact_of(shop, "ann").pk, now=NOW)

    with workspace_scope(shop):
        for model in (Visit, PageView, Activity, ActivityValue, Message, MessageEvent):
            assert not model.objects.exists()
        assert not LineProperty.objects.exists()
        assert Transaction.objects.current().get().goods_amount == 600
        assert set(Transaction.objects.values_list("visit_id", flat=True)) == {None}


def test_an_export_holds_everything(shop):
    document = export_contact(workspace=shop, contact_id=contact_of(shop, "ann").pk, now=NOW)

    assert document["visits"][0]["pages"][0]["page"] == "shop.example/p"
    assert document["activities"][0]["parameters"] == {"city": "Gdynia"}
    assert len(document["messages"]) == len(document["message_events"]) == 1
    assert document["transactions"][0]["goods"] == "6.00"
    assert document["refunds"][0]["original_amount_minor_units"] == 400


def test_the_timeline_tells_it_in_words(shop):
    contact = contact_of(shop, "ann")
    with workspace_scope(shop):
        kinds = {"visits", "activities", "messages", "transactions"}
        page = read_timeline(workspace=shop, contact=contact, before=NOW, kinds=kinds)

    titles = [entry.title for entry in page.entries]
    assert titles == [
        "Refund of t1",
        "Link in a message clicked",
        "Bought: t1",
        *titles[3:],
    ]
    assert set(titles[3:]) == {"Visited the shop from paid search", "seminar", "E-mail sent"}
    [bought] = [entry for entry in page.entries if entry.title == "Bought: t1"]
    assert bought.amount == "EUR\N{NO-BREAK SPACE}10.00"
    assert bought.details == ["1 × boots", "EUR\N{NO-BREAK SPACE}4.00 refunded"]
    assert bought.url.endswith(f"/transactions/{version_at(shop, 't1', NOW).root_id}/")
