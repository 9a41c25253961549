"""One-click unsubscribing (RFC 8058, T-40) and the page of preferences."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from campaigns.models import Recipient, Topic
from campaigns.responses.tokens import Purpose, address
from campaigns.services.topics import (
    archive_topic,
    change_topic,
    create_topic,
    order_topics,
    restore_topic,
)
from contacts.models import Channel, Consent, ConsentStatus, Contact, Suppression, SuppressionReason
from contacts.services import erase_contact, set_consent, suppress_address
from tests.makers.contacts import make_contact
from tests.makers.responses import make_recipient, make_run
from tests.makers.workspaces import NOW, make_actor, make_workspace
from tracking.models import MessageEvent
from workspaces.models import Role, Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path_to(purpose: Purpose, workspace: Workspace, recipient_id: int) -> str:
    return urlsplit(address(purpose, workspace=workspace, recipient_id=recipient_id)).path


def consents(workspace: Workspace, contact_id: int) -> dict[str, str]:
    with workspace_scope(workspace):
        rows = Consent.objects.in_workspace(workspace)
        found = rows.filter(contact_id=contact_id, channel="email", valid_to=None)
        return dict(found.values_list("topic", "status"))


def blocks(workspace: Workspace) -> list[str]:
    with workspace_scope(workspace):
        found = Suppression.objects.in_workspace(workspace).filter(valid_to=None)
        return sorted(found.values_list("reason", flat=True))


def unsubscriptions(workspace: Workspace) -> int:
    with workspace_scope(workspace):
        found = MessageEvent.objects.in_workspace(workspace).filter(kind="unsubscribed")
        return found.count()


def make_topics(workspace: Workspace, *names: str) -> list[Topic]:
    actor = make_actor(workspace)
    return [create_topic(actor=actor, name=name, now=NOW) for name in names]


@pytest.fixture
def strict() -> Client:
    """A client that is refused wherever a cookie against forged requests is wanted."""
    return Client(enforce_csrf_checks=True)


def test_one_click_acts_without_cookies_at_once_and_only_once(strict: Client):
    workspace = make_workspace()
    make_topics(workspace, "News")
    contact = make_contact(workspace, email="ann@example.org")
    for topic in ("", "old"):
        set_consent(
            workspace=workspace,
            contact_ids=[contact.pk],
            channel=Channel.EMAIL,
            topic=topic,
            status=ConsentStatus.GRANTED,
            now=NOW,
        )
    recipient = make_recipient(workspace, contact=contact)
    path = path_to(Purpose.UNSUBSCRIBE, workspace, recipient.pk)
    for _ in range(3):
        answer = strict.post(path, ONE_CLICK)
        assert answer.status_code == 200
        assert not answer.cookies
    assert blocks(workspace) == ["unsubscribed"]
    assert consents(workspace, contact.pk) == dict.fromkeys(("", "old", "news"), "withdrawn")
    assert unsubscriptions(workspace) == 1
    with workspace_scope(workspace):
        said = Consent.objects.in_workspace(workspace).get(topic="news", valid_to=None)
        assert (said.source, said.ip_address, said.wording, said.confirmations) == (
            "one-click",
            "127.0.0.1",
            "unsubscribe-1",
            None,
        )


def test_looking_changes_nothing_and_shows_a_button(strict: Client):
    workspace = make_workspace()
    run = make_run(workspace)
    for n in range(8):
        recipient = make_recipient(workspace, run, address=f"a{n}@example.org")
        for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
            path = path_to(purpose, workspace, recipient.pk)
            answer = strict.get(path)
            assert b"<button" in answer.content
            assert not answer.cookies
            assert strict.head(path).status_code == 200
    assert (blocks(workspace), unsubscriptions(workspace)) == ([], 0)
    with workspace_scope(workspace):
        assert not Consent.objects.in_workspace(workspace).exists()


def test_the_pages_button_does_the_same_and_leads_to_the_preferences(strict: Client):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    answer = strict.post(path_to(Purpose.UNSUBSCRIBE, workspace, recipient.pk))
    assert blocks(workspace) == ["unsubscribed"]
    assert path_to(Purpose.PREFERENCES, workspace, recipient.pk) in answer.content.decode()


def test_who_comes_back_for_some_topics_gets_no_other_topic(strict: Client):
    workspace = make_workspace()
    make_topics(workspace, "News", "Sales", "Events")
    recipient = make_recipient(workspace)
    strict.post(path_to(Purpose.UNSUBSCRIBE, workspace, recipient.pk), ONE_CLICK)
    path = path_to(Purpose.PREFERENCES, workspace, recipient.pk)
    chosen = {"choice": "only", "topic": ["sales", "events", "no-such-topic"]}
    answer = strict.post(path, chosen)
    assert (answer.status_code, bool(answer.cookies)) == (200, False)
    assert blocks(workspace) == []
    assert consents(workspace, recipient.contact_id) == {
        "": "granted",
        "news": "withdrawn",
        "sales": "granted",
        "events": "granted",
    }
    shown = strict.get(path).content.decode()
    assert shown.count(" checked") == 3
    assert strict.post(path, {"choice": "all"}).status_code == 200
    assert set(consents(workspace, recipient.contact_id).values()) == {"granted"}
    assert strict.post(path, {"choice": "only"}).status_code == 200
    assert blocks(workspace) == ["unsubscribed"]
    assert set(consents(workspace, recipient.contact_id).values()) == {"withdrawn"}


def test_choosing_lifts_no_block_but_the_unsubscription(strict: Client):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    for reason in (SuppressionReason.COMPLAINED, SuppressionReason.UNSUBSCRIBED):
        suppress_address(
            workspace=workspace,
            channel="email",
            address=recipient.address,
            reason=reason,
            now=NOW,
        )
    path = path_to(Purpose.PREFERENCES, workspace, recipient.pk)
    answer = strict.post(path, {"choice": "all"})
    assert blocks(workspace) == ["complained"]
    assert b"reported as spam" in answer.content


def test_an_unclear_choice_changes_nothing(strict: Client):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    path = path_to(Purpose.PREFERENCES, workspace, recipient.pk)
    assert strict.post(path, {"choice": "perhaps"}).status_code == 400
    assert (blocks(workspace), consents(workspace, recipient.contact_id)) == ([], {})


def test_the_pages_speak_the_contacts_language_else_the_workspaces(strict: Client):
    workspace = make_workspace(language="pl")
    run = make_run(workspace)
    for n, (language, wanted) in enumerate([("pt-BR", "pt-br"), ("xx", "pl"), ("", "pl")]):
        item: dict[str, Any] = {"language": language} if language else {}
        contact = make_contact(workspace, email=f"a{n}@example.org", **item)
        recipient = make_recipient(workspace, run, contact)
        path = path_to(Purpose.UNSUBSCRIBE, workspace, recipient.pk)
        answer = strict.get(path, headers={"Accept-Language": "en"})
        assert f'<html lang="{wanted}">' in answer.content.decode()


def test_hostile_addresses_and_names_stay_text(strict: Client):
    workspace = make_workspace("<script>alert(1)</script>")
    actor = make_actor(workspace)
    create_topic(actor=actor, name="<img src=x onerror=alert(1)>", key="a", now=NOW)
    recipient = make_recipient(workspace)
    with workspace_scope(workspace):  # no address looks so, but what if one did
        Recipient.objects.in_workspace(workspace).update(address="<b>x</b>@example.org")
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        page = strict.get(path_to(purpose, workspace, recipient.pk)).content
        assert b"<script" not in page
        assert b"<img" not in page
        assert b"<b>x" not in page


def test_after_erasure_nothing_is_shown_and_nothing_breaks(strict: Client):
    workspace = make_workspace()
    recipient = make_recipient(workspace)
    erase_contact(workspace=workspace, contact_id=recipient.contact_id, now=NOW)
    path = path_to(Purpose.UNSUBSCRIBE, workspace, recipient.pk)
    for answer in (strict.get(path), strict.post(path, ONE_CLICK)):
        assert answer.status_code == 200
        assert b"ann@example.org" not in answer.content


def test_addresses_of_another_workspace_open_nothing_there(strict: Client):
    ours, theirs = make_workspace(), make_workspace()
    recipient = make_recipient(theirs)
    answer = strict.post(path_to(Purpose.UNSUBSCRIBE, ours, recipient.pk), ONE_CLICK)
    assert b"@example.org" not in answer.content
    assert (blocks(ours), blocks(theirs)) == ([], [])


def test_topics_are_made_changed_ordered_and_archived():
    workspace = make_workspace()
    actor = make_actor(workspace)
    news, sales, again = make_topics(workspace, "News", "Żółte ceny", "News")
    assert [topic.key for topic in (news, sales, again)] == ["news", "zote-ceny", "news-2"]
    change_topic(actor=actor, topic=news, name="The news", description="Once a week", now=NOW)
    order_topics(actor=actor, topic_ids=[again.pk, sales.pk], now=NOW)
    archive_topic(actor=actor, topic=sales, now=NOW)

    def shown() -> list[str]:
        with workspace_scope(workspace):
            topics = Topic.objects.in_workspace(workspace).filter(archived_at=None)
            return list(topics.order_by("position").values_list("name", flat=True))

    assert shown() == ["News", "The news"]
    restore_topic(actor=actor, topic=sales, now=NOW)
    assert shown() == ["News", "Żółte ceny", "The news"]
    for fault in ({"name": " "}, {"name": "x", "key": "news"}, {"name": "x", "key": "A b"}):
        with pytest.raises(ValidationError):
            create_topic(actor=actor, now=NOW, **fault)
    with pytest.raises(PermissionDenied):
        create_topic(actor=make_actor(workspace, Role.MARKETER), name="x", now=NOW)


def test_a_contact_with_another_address_now_gets_nothing_there_either(strict: Client):
    workspace = make_workspace()
    contact = make_contact(workspace, email="new@example.org")
    recipient = make_recipient(workspace, contact=contact, address="old@example.org")
    strict.post(path_to(Purpose.UNSUBSCRIBE, workspace, recipient.pk), ONE_CLICK)
    assert consents(workspace, contact.pk) == {"": "withdrawn"}
    with workspace_scope(workspace):
        assert Contact.objects.in_workspace(workspace).get().email == "new@example.org"
