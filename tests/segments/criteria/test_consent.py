"""Consent, suppressed addresses, bounces and complaints."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.addresses import hash_address
from contacts.models import Suppression
from segments.criteria import consent
from tests.makers.contacts import days_ago, make_contact
from tests.makers.segments import all_examples, check_example, make_names, names
from tests.makers.tracking import make_message, make_message_event
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    workspace = make_workspace()
    make_names(workspace)
    return workspace


@pytest.mark.parametrize("where", all_examples(consent))
def test_every_example_obeys_the_laws(workspace: Workspace, where: dict[str, Any]) -> None:
    make_contact(workspace, "none")
    check_example(workspace, where)


def consent(channel: str, *statuses: str, **more: Any) -> dict[str, Any]:
    return {"type": "consents.status", "channel": channel, "statuses": list(statuses), **more}


def test_consent_is_as_it_was_then_and_never_asked_is_an_answer(workspace: Workspace) -> None:
    make_contact(workspace, "a", consents={"email": "granted"}, observed_at=days_ago(20))
    make_contact(workspace, "a", consents={"email": "withdrawn"}, observed_at=days_ago(5))
    make_contact(workspace, "b", consents={"email": "granted", "sms": "pending"})
    make_contact(workspace, "c")
    assert names(workspace, consent("email", "granted")) == {"b"}
    assert names(workspace, consent("email", "granted"), as_of=days_ago(6)) == {"a"}
    assert names(workspace, consent("email", "never_asked")) == {"c"}
    assert names(workspace, consent("email", "withdrawn", "never_asked")) == {"a", "c"}
    every = ("granted", "pending", "withdrawn", "never_asked")
    assert names(workspace, consent("email", *every)) == {"a", "b", "c"}
    assert names(workspace, {"not": consent("email", "granted")}) == {"a", "c"}
    assert names(workspace, consent("sms", "pending")) == {"b"}


def test_topics_are_asked_for_one_by_one(workspace: Workspace) -> None:
    offers = {"email": {"status": "granted", "topic": "offers"}}
    make_contact(workspace, "topic", consents=offers)
    make_contact(workspace, "general", consents={"email": "granted"})
    assert names(workspace, consent("email", "granted")) == {"general"}
    assert names(workspace, consent("email", "granted", topic="offers")) == {"topic"}


def suppress(workspace: Workspace, address: str, reason: str, **validity: Any) -> None:
    with workspace_scope(workspace):
        Suppression.objects.create(
            workspace=workspace,
            channel="email",
            address_hash=hash_address(workspace=workspace, address=address),
            reason=reason,
            **{"valid_from": days_ago(10), **validity},
        )


def test_suppressions_hold_for_the_address_as_of_then(workspace: Workspace) -> None:
    make_contact(workspace, "moved", email="old@example.org", observed_at=days_ago(30))
    make_contact(workspace, "moved", email="new@example.org", observed_at=days_ago(3))
    make_contact(workspace, "stays", email="Stays@Example.org", observed_at=days_ago(30))
    make_contact(workspace, "lifted", email="lifted@example.org", observed_at=days_ago(30))
    suppress(workspace, "old@example.org", "bounced")
    suppress(workspace, "stays@example.org", "complained")
    suppress(workspace, "lifted@example.org", "manual", valid_to=days_ago(2))
    where = {"type": "contacts.suppressed", "channel": "email"}
    assert names(workspace, where) == {"stays"}
    assert names(workspace, where, as_of=days_ago(5)) == {"moved", "stays", "lifted"}
    assert names(workspace, where, as_of=days_ago(11)) == set()
    bounced = {**where, "reasons": ["bounced", "manual"]}
    assert names(workspace, bounced, as_of=days_ago(5)) == {"moved", "lifted"}


def test_bounces_and_complaints_are_counted(workspace: Workspace) -> None:
    make_contact(workspace, "never-mailed")
    for name, kinds in {"bounced": ("bounced",), "both": ("bounced", "complained")}.items():
        for kind in kinds:
            message = make_message(workspace, name, days_ago(3))
            make_message_event(workspace, message, kind, days_ago(2))
    make_message_event(
        workspace, make_message(workspace, "fine", days_ago(3)), "delivered", days_ago(3)
    )

    def trouble(*kinds: str, **more: Any) -> set[str]:
        where = {"type": "messages.bounced_or_complained", "kinds": list(kinds), **more}
        return names(workspace, where)

    assert trouble("bounced") == {"bounced", "both"}
    assert trouble("bounced", "complained", operator="at_least", number=2) == {"both"}
    assert trouble("bounced", operator="exactly", number=0) == {"fine", "never-mailed"}
    assert trouble("bounced", window={"last": 1, "unit": "days"}) == set()
    assert trouble("bounced", channel="sms") == set()
