"""Messages as they arrive: both unsubscribe headers, and addresses that work (T-40)."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from html import unescape
from time import perf_counter
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from campaigns.delivery.sending import Sender
from campaigns.models import Recipient
from campaigns.responses.tokens import Purpose, address
from contacts.models import Consent, Suppression
from tests.makers.delivery import addresses, make_frozen_run, make_smtp_account
from tests.makers.sinks import smtp_sink
from tests.makers.workspaces import make_workspace
from tracking.models import MessageEvent
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_LINK = re.compile(r"https?://[^\s\"'<>]+")


def sent_messages(workspace: Workspace, number: int) -> list[EmailMessage]:
    """Messages of a run, from the server that took them."""
    with smtp_sink() as sink:
        make_smtp_account(workspace, sink)
        make_frozen_run(workspace, addresses(number))
        assert Sender(timezone.now).work(seconds=120) == number
    parsed = [email.message_from_bytes(raw, policy=email.policy.default) for raw in sink.messages]
    return [message for message in parsed if isinstance(message, EmailMessage)]


def own_links(message: EmailMessage) -> set[str]:
    """Paths of every address of ours in the message, in its headers and both its parts."""
    texts = [str(message.get_body((kind,)).get_content()) for kind in ("html", "plain")]  # type: ignore[union-attr]
    texts.append(str(message["List-Unsubscribe"]))
    found = {unescape(link) for text in texts for link in _LINK.findall(text)}
    return {urlsplit(link).path for link in found if link.startswith(settings.BASE_URL)}


def unsubscribed(workspace: Workspace) -> tuple[int, int, int]:
    with workspace_scope(workspace):
        return (
            Suppression.objects.in_workspace(workspace).filter(valid_to=None).count(),
            Consent.objects.in_workspace(workspace).filter(status="withdrawn").count(),
            MessageEvent.objects.in_workspace(workspace).filter(kind="unsubscribed").count(),
        )


@pytest.mark.parametrize(
    "number", [pytest.param(8, id="8"), pytest.param(1_000, id="1000", marks=pytest.mark.night)]
)
def test_every_message_can_be_unsubscribed_from_with_one_click_and_by_nothing_else(
    number: int, record_property
):
    workspace = make_workspace()
    messages = sent_messages(workspace, number)
    assert len(messages) == number
    client = Client(enforce_csrf_checks=True, headers={"User-Agent": PERSON})
    one_clicks = set()
    for message in messages:
        assert len(message.get_all("List-Unsubscribe")) == 1
        assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
        found = re.fullmatch(r"<([^<>,]+)>", str(message["List-Unsubscribe"]))
        assert found is not None
        one_clicks.add(urlsplit(found[1]).path)
    assert len(one_clicks) == number

    followed = 0
    for message in messages:
        for path in own_links(message):
            assert client.get(path).status_code in {200, 302}, path
            followed += 1
    assert followed >= 5 * number
    assert unsubscribed(workspace) == (0, 0, 0)

    slowest = 0.0
    for path in one_clicks:
        began = perf_counter()
        answer = client.post(
            path, "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
        )
        slowest = max(slowest, perf_counter() - began)
        assert (answer.status_code, bool(answer.cookies)) == (200, False)
    assert unsubscribed(workspace) == (number, number, number)
    assert not client.cookies
    record_property("links_followed", followed)
    record_property("slowest_one_click_ms", round(slowest * 1000))


def test_the_message_in_the_browser_is_the_one_that_was_sent_and_tracks_nothing():
    workspace = make_workspace()
    [message] = sent_messages(workspace, 1)
    body = message.get_body(("html",))
    assert body is not None
    with workspace_scope(workspace):
        recipient = Recipient.objects.in_workspace(workspace).get()
    path = urlsplit(address(Purpose.VIEW, workspace=workspace, recipient_id=recipient.pk)).path
    assert path in body.get_content()
    answer = Client().get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"].startswith("sandbox ")
    assert "script" not in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert "New in the shop" in page
    assert "https://shop.example/new" in page
    assert "/m/c/" not in page
    assert "/m/o/" not in page
    with workspace_scope(workspace):
        assert not MessageEvent.objects.in_workspace(workspace).exists()
