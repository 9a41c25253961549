"""Double opt-in (T-43): asked by e-mail, confirmed on a page, once, within seven days."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from campaigns.models import ConfirmationRequest, SendingAccount
from campaigns.responses.tokens import Purpose, address
from campaigns.services import confirmation_letters, confirming
from campaigns.services.confirming import ask_to_confirm
from campaigns.services.settings import Wanted, change_settings
from config.local.processes import free_port
from contacts.models import Channel, ConsentStatus, SuppressionReason
from contacts.reading import consent_records_of
from contacts.services import erase_contact, merge_contacts, set_consent, suppress_address
from tests.campaigns.test_unsubscribe import blocks, consents, make_topics, path_to
from tests.contacts.test_rest import Program
from tests.makers.contacts import make_contact, upsert
from tests.makers.delivery import make_smtp_account
from tests.makers.sinks import smtp_sink
from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings):
    settings.PRIVATE_MAIL_SERVERS = True
    with smtp_sink() as started:
        yield started


@pytest.fixture
def shop(sink) -> Workspace:
    """A workspace that can write to people."""
    workspace = make_workspace("Shop & Sons")
    wanted = Wanted(postal_address="1 Long Street", from_email="news@shop.example")
    change_settings(actor=make_actor(workspace), wanted=wanted, now=NOW)
    make_smtp_account(workspace, sink, is_default=True)
    return workspace


def ask(workspace: Workspace, contact, *, now=NOW, **given) -> ConfirmationRequest:
    return ask_to_confirm(workspace=workspace, contact_id=contact.pk, now=now, **given)


def page_of(workspace: Workspace, asked: ConfirmationRequest) -> str:
    return path_to(Purpose.CONFIRM, workspace, asked.pk)


def said(workspace: Workspace, contact, topic: str, status: str) -> None:
    set_consent(
        workspace=workspace,
        contact_ids=[contact.pk],
        channel=Channel.EMAIL,
        topic=topic,
        status=ConsentStatus(status),
        now=NOW - timedelta(days=1),
    )


@pytest.fixture
def at_noon(time_machine):
    """The clock of requests, at the instant the makers use."""
    time_machine.move_to(NOW, tick=False)
    return time_machine


def test_the_letter_leads_to_a_page_whose_button_confirms_once(shop, sink, at_noon):
    contact = make_contact(shop, email="ann@example.org", attributes={"language": "pl"})
    asked = ask(shop, contact, source="checkout", ip_address="203.0.113.7", wording="terms-3")
    assert consents(shop, contact.pk) == {"": "pending"}
    assert confirmation_letters.send_due(clock=lambda: NOW) == 1
    assert confirmation_letters.send_due(clock=lambda: NOW) == 0
    [raw] = sink.messages
    letter = message_from_bytes(raw, policy=policy.default)
    assert letter["To"] == "ann@example.org"
    assert "Shop & Sons" in letter["Subject"]
    url = address(Purpose.CONFIRM, workspace=shop, recipient_id=asked.pk)
    for part in letter.iter_parts():
        assert url in part.get_content()
    assert "Shop &amp; Sons" in letter.get_body(("html",)).get_content()

    client = Client(enforce_csrf_checks=True)
    for _ in range(3):  # a scanner
        shown = client.get(page_of(shop, asked))
        assert shown.status_code == 200
        assert b"<form" in shown.content
        assert "Set-Cookie" not in shown.headers
    assert consents(shop, contact.pk) == {"": "pending"}
    assert client.post(page_of(shop, asked), REMOTE_ADDR="198.51.100.9").status_code == 200
    assert consents(shop, contact.pk) == {"": "granted"}
    assert client.post(page_of(shop, asked)).status_code == 410
    assert client.get(page_of(shop, asked)).status_code == 410
    with workspace_scope(shop):
        proof = [
            (each.status, each.source, each.ip_address, each.wording)
            for each in reversed(consent_records_of(shop, contact))
        ]
    assert proof == [
        ("pending", "checkout", "203.0.113.7", "terms-3"),
        ("granted", "checkout", "198.51.100.9", "terms-3"),
    ]


def test_a_used_letter_does_nothing_after_the_contact_has_left_again(shop, at_noon):
    contact = make_contact(shop, email="ann@example.org")
    asked = ask(shop, contact)
    client = Client()
    assert client.post(page_of(shop, asked)).status_code == 200
    said(shop, contact, "", "withdrawn")
    set_consent(
        workspace=shop,
        contact_ids=[contact.pk],
        channel=Channel.EMAIL,
        status=ConsentStatus.WITHDRAWN,
        now=NOW + timedelta(hours=1),
    )
    assert client.post(page_of(shop, asked)).status_code == 410
    assert consents(shop, contact.pk)[""] == "withdrawn"


def test_a_letter_lasts_seven_days_to_the_instant(shop, at_noon):
    contact = make_contact(shop, email="ann@example.org")
    asked = ask(shop, contact)
    at_noon.move_to(NOW + timedelta(days=7), tick=False)
    assert Client().get(page_of(shop, asked)).status_code == 410
    assert Client().post(page_of(shop, asked)).status_code == 410
    assert consents(shop, contact.pk) == {"": "pending"}
    at_noon.move_to(NOW + timedelta(days=7) - timedelta(microseconds=1), tick=False)
    assert Client().post(page_of(shop, asked)).status_code == 200


def test_forged_and_foreign_tokens_do_nothing(shop, at_noon):
    contact = make_contact(shop, email="ann@example.org")
    asked = ask(shop, contact)
    right = page_of(shop, asked)
    wrong = [
        right[:-1],
        right[:-2] + ("A" if right[-2] != "A" else "B") + right[-1],
        path_to(Purpose.UNSUBSCRIBE, shop, asked.pk).replace("/m/u/", "/m/d/"),
        path_to(Purpose.CONFIRM, make_workspace("Other"), asked.pk),
    ]
    for path in wrong:
        assert Client().post(path).status_code in {404, 410}, path
    assert consents(shop, contact.pk) == {"": "pending"}


@pytest.mark.django_db(transaction=True)
def test_of_several_presses_at_once_one_confirms(shop, at_noon):
    contact = make_contact(shop, email="ann@example.org")
    path = page_of(shop, ask(shop, contact))

    def press(_: int) -> int:
        try:
            return Client().post(path).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(press, range(6))) == [200, *[410] * 5]


def test_who_has_another_address_now_or_was_erased_confirms_nothing(shop, at_noon):
    moved = make_contact(shop, "m", email="old@example.org")
    erased = make_contact(shop, "e", email="gone@example.org")
    asked = [ask(shop, each) for each in (moved, erased)]
    upsert(shop, {"external_id": "m", "email": "new@example.org"})
    erase_contact(workspace=shop, contact_id=erased.pk, now=NOW)
    for each in asked:
        assert Client().post(page_of(shop, each)).status_code == 410
    assert confirmation_letters.send_due(clock=lambda: NOW) == 0
    assert consents(shop, moved.pk) == {"": "pending"}


def test_a_merged_contact_confirms_for_the_one_that_is_left(shop, at_noon):
    winner = make_contact(shop, "w")
    loser = make_contact(shop, "l", email="ann@example.org")
    asked = ask(shop, loser)
    merge_contacts(workspace=shop, winner_id=winner.pk, loser_id=loser.pk, now=NOW)
    assert Client().post(page_of(shop, asked)).status_code == 200
    assert consents(shop, winner.pk) == {"": "granted"}


def test_after_unsubscribing_only_what_is_confirmed_is_wanted_again(shop, at_noon):
    make_topics(shop, "News", "Sale")
    contact = make_contact(shop, email="ann@example.org")
    said(shop, contact, "", "withdrawn")
    suppress_address(
        workspace=shop,
        channel=Channel.EMAIL,
        address="ann@example.org",
        reason=SuppressionReason.UNSUBSCRIBED,
        now=NOW - timedelta(days=1),
    )
    with pytest.raises(ValidationError, match="doesn't want e-mail"):
        ask(shop, contact, topic="news")
    asked = ask(shop, contact, topic="news", ip_address="203.0.113.7")
    assert blocks(shop) == ["unsubscribed"]
    assert Client().post(page_of(shop, asked)).status_code == 200
    assert blocks(shop) == []
    assert consents(shop, contact.pk) == {"": "granted", "news": "granted", "sale": "withdrawn"}


@pytest.mark.parametrize("reason", ["bounced", "complained", "manual"])
def test_a_blocked_address_is_never_asked(shop, reason):
    contact = make_contact(shop, email="ann@example.org")
    suppress_address(
        workspace=shop,
        channel=Channel.EMAIL,
        address="ann@example.org",
        reason=SuppressionReason(reason),
        now=NOW,
    )
    with pytest.raises(ValidationError, match="Nothing may be sent"):
        ask(shop, contact, ip_address="203.0.113.7")
    assert consents(shop, contact.pk) == {}


def test_nobody_is_asked_twice_in_a_quarter_of_an_hour_nor_four_times_a_day(shop):
    contact = make_contact(shop, email="ann@example.org")
    first = ask(shop, contact)
    assert ask(shop, contact, now=NOW + timedelta(minutes=14)).pk == first.pk
    for hour in (1, 2):
        assert ask(shop, contact, now=NOW + timedelta(hours=hour)).pk != first.pk
    with pytest.raises(ValidationError, match="three times"):
        ask(shop, contact, now=NOW + timedelta(hours=3))
    assert ask(shop, contact, now=NOW + timedelta(hours=25)).pk != first.pk


def test_what_cannot_be_asked_says_why(shop):
    agreed = make_contact(shop, "a", email="a@example.org", consents={"email": "granted"})
    with pytest.raises(ValidationError, match="agreed already"):
        ask(shop, agreed)
    with pytest.raises(ValidationError, match="no such topic"):
        ask(shop, agreed, topic="nothing")
    with pytest.raises(ValidationError, match="no e-mail address"):
        ask(shop, make_contact(shop, "b"))
    silent = make_workspace("Silent")
    with pytest.raises(ValidationError, match="sender's address"):
        ask(silent, make_contact(silent, email="c@example.org"))


def test_a_server_that_is_away_is_tried_again_and_given_up_at_the_fifth(shop):
    with workspace_scope(shop):
        SendingAccount.objects.in_workspace(shop).delete()
    make_smtp_account(shop, free_port(), is_default=True)
    asked = ask(shop, make_contact(shop, email="ann@example.org"))
    now = NOW
    for wait in (*confirmation_letters.WAITS, None):
        assert confirmation_letters.send_due(clock=lambda at=now: at) == 0
        with workspace_scope(shop):
            asked.refresh_from_db()
        assert asked.error
        assert asked.next_at == (now + wait if wait else None)
        now += wait or timedelta(0)
    assert not confirmation_letters.are_due(now=now + timedelta(days=6))


def test_a_letter_left_by_a_dead_worker_is_taken_again(shop, sink):
    ask(shop, make_contact(shop, email="ann@example.org"))
    assert len(confirmation_letters._claim(NOW)) == 1
    assert confirmation_letters.send_due(clock=lambda: NOW) == 0
    later = NOW + confirmation_letters.HELD
    assert confirmation_letters.send_due(clock=lambda: later) == 1
    assert len(sink.messages) == 1


def test_over_rest_a_form_of_the_shop_asks_and_sees_what_came_of_it(shop, at_noon):
    program = Program(shop)
    contact = make_contact(shop, "c-1", email="ann@example.org")
    given = {"email": "ANN@example.org", "source": "footer form", "ip": "203.0.113.7"}
    answer = program.post("confirmations", given)
    assert answer.status_code == 202, answer.content
    assert answer.json()["contact"] == contact.pk
    assert program.post("confirmations", {"external_id": "c-1"}).json()["id"] == answer.json()["id"]
    assert program.post("confirmations", {"contact": 2**40}).status_code == 404
    assert program.post("confirmations", {}).status_code == 400
    assert program.post("confirmations", {**given, "contact": contact.pk}).status_code == 400
    with workspace_scope(shop):
        [asked] = ConfirmationRequest.objects.in_workspace(shop)
    assert Client().post(page_of(shop, asked)).status_code == 200
    [shown] = program.get("confirmations", contact=contact.pk, confirmed=True).json()["results"]
    assert shown["confirmed_at"] is not None
    assert program.post("confirmations", given).status_code == 400


def test_the_card_offers_to_ask_where_that_is_possible(shop, client):
    client.force_login(make_actor(shop).user)
    contact = make_contact(shop, "a", email="ann@example.org")
    silent = make_contact(shop, "b")
    url = f"/w/{shop.pk}/campaigns/confirmations/"
    assert url in client.get(f"/w/{shop.pk}/contacts/{contact.pk}/").content.decode()
    assert url not in client.get(f"/w/{shop.pk}/contacts/{silent.pk}/").content.decode()
    answer = client.post(url, {"contact": contact.pk}, follow=True)
    assert "ann@example.org is asked to confirm" in answer.content.decode()
    assert consents(shop, contact.pk) == {"": "pending"}
    assert client.post(url, {"contact": "x"}).status_code == 404


def test_the_wording_of_the_page_is_the_proof_where_the_form_named_none(shop, at_noon):
    contact = make_contact(shop, email="ann@example.org")
    Client().post(page_of(shop, ask(shop, contact)))
    with workspace_scope(shop):
        assert consent_records_of(shop, contact)[0].wording == confirming.CONFIRM_WORDING
