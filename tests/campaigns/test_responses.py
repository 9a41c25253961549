"""Opens and clicks: signed addresses, once a minute, people apart from machines (T-56, T-57)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from campaigns.models import RecipientState, TrackedLink
from campaigns.responses.following import follow_link, record_open
from campaigns.responses.machines import Caller
from campaigns.responses.tokens import Purpose, Token, address, read, sign
from config.logs import without_query_string
from contacts.models import Consent, Suppression
from contacts.services import erase_contact
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import read_contact
from tests.makers.responses import SENT_AT, make_link, make_recipient, make_run
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import Message, MessageEvent
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def a_person() -> Caller:
    return Caller(method="GET", agent=PERSON)


def events(workspace: Workspace) -> list[tuple[str, bool]]:
    with workspace_scope(workspace):
        found = MessageEvent.objects.in_workspace(workspace).order_by("occurred_at", "pk")
        return list(found.values_list("kind", "is_machine"))


def effects(workspace: Workspace) -> tuple[int, ...]:
    """How much there is of everything that a response may write."""
    with workspace_scope(workspace):
        return tuple(
            model._default_manager.filter(workspace_id=workspace.pk).count()
            for model in (MessageEvent, Message, Suppression, Consent)
        )


def opened(workspace: Workspace, recipient_id: int, **given: Any) -> bool:
    token = sign(Purpose.OPEN, workspace=workspace, recipient_id=recipient_id)
    return record_open(token=token, **{"caller": a_person(), "now": NOW, **given})


def clicked(workspace: Workspace, recipient_id: int, link_id: int, **given: Any) -> str | None:
    token = sign(Purpose.CLICK, workspace=workspace, recipient_id=recipient_id, link_id=link_id)
    return follow_link(token=token, **{"caller": a_person(), "now": NOW, **given})


def forgeries(token: str, number: int) -> Iterator[str]:
    """Tokens that differ from a good one in a bit, a character, their length, or altogether."""
    chance = random.Random(4)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for n in range(number):
        place = chance.randrange(len(token))
        other = chance.choice([letter for letter in letters if letter != token[place]])
        match n % 4:
            case 0 | 1:
                yield token[:place] + other + token[place + 1 :]
            case 2:
                yield "".join(chance.choice(letters) for _ in token)
            case _:
                yield token[:place] if n % 8 == 3 else token + other * chance.randrange(1, 9)


def test_an_open_is_kept_once_a_minute_and_again_in_the_next():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    assert opened(workspace, recipient.pk)
    assert not opened(workspace, recipient.pk, now=NOW + timedelta(seconds=50))
    assert opened(workspace, recipient.pk, now=NOW + timedelta(seconds=70))
    assert events(workspace) == [("opened", False), ("opened", False)]


def test_a_click_is_kept_per_link_and_minute_and_leads_to_the_stored_address():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    campaign = recipient.run.campaign
    first, second = (
        make_link(workspace, campaign, url)
        for url in ("https://shop.example/new?a=1", "https://shop.example/old")
    )
    assert clicked(workspace, recipient.pk, first.pk) == "https://shop.example/new?a=1"
    assert clicked(workspace, recipient.pk, first.pk, now=NOW + timedelta(seconds=5)) is not None
    assert clicked(workspace, recipient.pk, second.pk, now=NOW + timedelta(seconds=9)) is not None
    with workspace_scope(workspace):
        kept = MessageEvent.objects.in_workspace(workspace).order_by("occurred_at")
        assert list(kept.values_list("kind", "link", "is_machine", "campaign_key")) == [
            ("clicked", "https://shop.example/new?a=1", False, f"campaign-{campaign.pk}"),
            ("clicked", "https://shop.example/old", False, f"campaign-{campaign.pk}"),
        ]


@pytest.mark.parametrize(
    ("caller", "is_machine"),
    [
        (Caller("GET", PERSON), False),
        (Caller("GET", GMAIL), False),
        (Caller("GET", "Mozilla/5.0"), True),
        (Caller("GET", ""), True),
        (Caller("HEAD", PERSON), True),
        (Caller("GET", PERSON, purpose="prefetch;anonymous-client-ip"), True),
        (Caller("GET", "BarracudaCentral.org scanner"), True),
        (Caller("GET", "Mozilla/5.0 (compatible; Proofpoint URL Defense)"), True),
        (Caller("GET", "python-requests/2.32"), True),
        (Caller("GET", "Mozilla/5.0 (compatible; bingbot/2.0)"), True),
    ],
)
def test_who_is_a_machine(caller: Caller, is_machine: bool):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    opened(workspace, recipient.pk, caller=caller)
    assert events(workspace) == [("opened", is_machine)]


def test_what_comes_back_within_two_seconds_of_sending_is_a_machine():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    opened(workspace, recipient.pk, now=SENT_AT + timedelta(seconds=1.9))
    opened(workspace, recipient.pk, now=SENT_AT + timedelta(seconds=2))
    assert events(workspace) == [("opened", True), ("opened", False)]


def test_who_follows_several_links_within_two_seconds_is_a_machine_from_the_first_on():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    links = [
        make_link(workspace, recipient.run.campaign, f"https://shop.example/{n}") for n in range(4)
    ]
    for n, link in enumerate(links[:3]):
        clicked(workspace, recipient.pk, link.pk, now=NOW + timedelta(seconds=n))
    assert events(workspace) == [("clicked", True)] * 3
    clicked(workspace, recipient.pk, links[3].pk, now=NOW + timedelta(seconds=10))
    assert events(workspace)[-1] == ("clicked", False)


def test_a_person_in_the_minute_of_a_scanner_is_still_seen():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    opened(workspace, recipient.pk, caller=Caller("HEAD", PERSON))
    opened(workspace, recipient.pk, now=NOW + timedelta(seconds=5))
    assert events(workspace) == [("opened", True), ("opened", False)]


def test_an_answer_settles_what_was_unknown_and_makes_the_message_that_was_not_recorded():
    workspace = make_workspace()
    recipient = make_recipient(workspace, state=RecipientState.UNKNOWN, sent_at=None)
    assert opened(workspace, recipient.pk)
    with workspace_scope(workspace):
        recipient.refresh_from_db()
        assert (recipient.state, recipient.sent_at) == (RecipientState.SENT, SENT_AT)
        message = Message.objects.in_workspace(workspace).get()
        assert message.external_id == f"run:{recipient.run_id}:{recipient.pk}"
        assert (message.contact_id, message.sent_at) == (recipient.contact_id, SENT_AT)
    assert events(workspace) == [("opened", False)]


@pytest.mark.parametrize("state", [RecipientState.QUEUED, RecipientState.SKIPPED])
def test_who_was_never_sent_to_answers_nothing(state: RecipientState):
    workspace = make_workspace()
    recipient = make_recipient(workspace, state=state, sent_at=None)
    assert not opened(workspace, recipient.pk)
    assert effects(workspace)[:2] == (0, 0)


def test_after_erasure_a_link_still_leads_on_and_nothing_is_kept():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    link = make_link(workspace, recipient.run.campaign)
    erase_contact(workspace=workspace, contact_id=recipient.contact_id, now=NOW)
    assert read_contact(workspace, recipient.contact_id).erased_at == NOW
    assert clicked(workspace, recipient.pk, link.pk) == link.url
    assert not opened(workspace, recipient.pk)
    assert effects(workspace)[:2] == (0, 0)


def test_links_lead_nowhere_but_the_web():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    for url in ("javascript:alert(1)", "data:text/html,x", "ftp://shop.example/", "//shop.example"):
        link = make_link(workspace, recipient.run.campaign, url)
        assert clicked(workspace, recipient.pk, link.pk) is None
    assert events(workspace) == []


@pytest.mark.parametrize("number", [1_000, pytest.param(10_000, marks=pytest.mark.night)])
def test_forged_tokens_are_none(number: int):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    good = sign(Purpose.UNSUBSCRIBE, workspace=workspace, recipient_id=recipient.pk)
    assert read(Purpose.UNSUBSCRIBE, good) == Token(workspace.pk, recipient.pk)
    tried = [token for token in forgeries(good, number) if token != good]
    assert len(tried) > number * 0.99
    assert [token for token in tried if read(Purpose.UNSUBSCRIBE, token) is not None] == []
    others = [purpose for purpose in Purpose if purpose != Purpose.UNSUBSCRIBE]
    assert [purpose for purpose in others if read(purpose, good) is not None] == []


def test_forged_tokens_do_nothing_over_http_and_look_alike(client: Client):
    workspace, other = make_workspace(), make_workspace()
    recipient = make_recipient(workspace)
    link = make_link(workspace, recipient.run.campaign)
    ids = {"workspace": workspace, "recipient_id": recipient.pk}
    before = effects(workspace)
    click = sign(Purpose.CLICK, **ids, link_id=link.pk)
    foreign = sign(Purpose.CLICK, workspace=other, recipient_id=recipient.pk, link_id=link.pk)
    open_ = sign(Purpose.OPEN, **ids)
    picture = client.get(f"/m/o/{open_}x").content
    bodies = set()
    for token in [*forgeries(click, 100), foreign, open_]:
        answer = client.get(f"/m/c/{token}")
        assert (answer.status_code, "Location" in answer.headers) == (404, False)
        bodies.add(answer.content)
    for token in forgeries(open_, 60):
        answer = client.get(f"/m/o/{token}")
        assert (answer.status_code, answer.content) == (200, picture)
    for path, purpose in (("u", Purpose.UNSUBSCRIBE), ("p", Purpose.PREFERENCES)):
        for token in forgeries(sign(purpose, **ids), 60):
            answer = client.post(f"/m/{path}/{token}", {"choice": "none"})
            assert answer.status_code == 404
            bodies.add(answer.content)
    for token in forgeries(sign(Purpose.VIEW, **ids), 20):
        bodies.add(client.get(f"/m/v/{token}").content)
    assert len(bodies) == 1
    assert effects(workspace) == before


@pytest.mark.night
def test_five_thousand_tampered_clicks_lead_nowhere(client: Client):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    link = make_link(workspace, recipient.run.campaign)
    good = sign(Purpose.CLICK, workspace=workspace, recipient_id=recipient.pk, link_id=link.pk)
    queries = ("", "?url=https://evil.example/", "?next=//evil.example")
    for token, query in zip(forgeries(good, 5_000), cycle(queries), strict=False):
        answer = client.get(f"/m/c/{token}{query}")
        assert answer.status_code == 404
        assert "Location" not in answer.headers
    assert effects(workspace)[0] == 0


def test_over_http_a_click_leads_on_without_cookies_and_is_kept_nowhere(client: Client):
    workspace = make_workspace()
    run = make_run(workspace, make_campaign(workspace, audience={}))
    recipient = make_recipient(workspace, run)
    link = make_link(workspace, run.campaign, "https://shop.example/a b?q=ż&x=" + "y" * 3_000)
    ids = {"workspace": workspace, "recipient_id": recipient.pk}
    path = urlsplit(address(Purpose.CLICK, **ids, link_id=link.pk)).path
    assert "shop" not in path
    for method in (client.get, client.head):
        answer = method(path + "?url=https://evil.example/", headers={"User-Agent": PERSON})
        assert answer.status_code == 302
        assert answer["Location"].startswith("https://shop.example/a%20b?q=%C5%BC&x=yyy")
        assert not answer.cookies
        assert "no-store" in answer["Cache-Control"]
    assert client.post(path).status_code == 405
    assert sorted(events(workspace)) == [("clicked", False), ("clicked", True)]
    picture = client.get(urlsplit(address(Purpose.OPEN, **ids)).path)
    assert (picture["Content-Type"], picture.content[:6]) == ("image/gif", b"GIF89a")
    assert not picture.cookies


def test_the_log_keeps_no_address_with_which_somebody_could_act():
    workspace = make_workspace()
    token = sign(Purpose.UNSUBSCRIBE, workspace=workspace, recipient_id=1)
    for path, kept in ((f"/m/u/{token}", "/m/u/…"), ("/m/hooks/7/a-key/", "/m/hooks/7/…/")):
        event = without_query_string(None, "", {"request": f"POST {path}?x={token}"})
        assert event == {"request": f"POST {kept}"}
    assert without_query_string(None, "", {"request": "GET /m/"}) == {"request": "GET /m/"}


@pytest.mark.django_db(transaction=True)
def test_a_scanner_that_follows_all_links_side_by_side_is_a_machine_at_each():
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    links = [
        make_link(workspace, recipient.run.campaign, f"https://shop.example/{n}") for n in range(6)
    ]

    def follow(link: TrackedLink) -> str | None:
        try:
            return clicked(workspace, recipient.pk, link.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(links)) as pool:
        assert list(pool.map(follow, links)) == [link.url for link in links]
    assert events(workspace) == [("clicked", True)] * len(links)
