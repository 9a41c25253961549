"""What mail providers tell: proved, once each, in any order (T-45)."""

from __future__ import annotations

import base64
import hmac
import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone

from campaigns.models import Recipient, RecipientState, Run, RunState, SendingAccount, Transport
from campaigns.responses.outcomes import Outcome, OutcomeKind, is_permanent, take_outcomes
from campaigns.responses.webhook_addresses import (
    WEBHOOK_USER,
    new_webhook_key,
    webhook_address,
    webhook_password,
)
from contacts.addresses import hash_address
from contacts.models import Suppression
from tests.makers.campaigns import make_account
from tests.makers.contacts import make_contact, upsert
from tests.makers.responses import SENT_AT, make_recipient, make_run
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import MessageEvent
from workspaces.models import Workspace
from workspaces.secrets import seal
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

SECRET = "of-the-provider"


def make_provider(
    workspace: Workspace, transport: Transport = Transport.POSTMARK, **credentials: str
) -> SendingAccount:
    return make_account(
        workspace,
        transport=transport,
        webhook_key=new_webhook_key(),
        credentials=seal(credentials),
    )


def tell(client: Client, workspace: Workspace, account: SendingAccount, body: Any, **headers: str):
    """POST as the provider does; without headers, with the account's password."""
    address = webhook_address(workspace=workspace, account=account)
    if not headers:
        password = webhook_password(workspace=workspace, account=account)
        told = base64.b64encode(f"{WEBHOOK_USER}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {told}"}
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(
        urlsplit(address).path, text, content_type="application/json", headers=headers
    )


def postmark(kind: str, recipient: Recipient, at: datetime = SENT_AT, **more: Any) -> dict:
    return {
        "RecordType": kind,
        "MessageID": recipient.provider_id,
        "Email": recipient.address,
        "Recipient": recipient.address,
        "DeliveredAt": at.isoformat(),
        **more,
    }


def state_of(workspace: Workspace) -> tuple[Any, ...]:
    """Everything that outcomes may change, in an order of its own."""
    with workspace_scope(workspace):
        events = MessageEvent.objects.in_workspace(workspace)
        blocks = Suppression.objects.in_workspace(workspace)
        recipients = Recipient.objects.in_workspace(workspace)
        return (
            sorted(events.values_list("message__external_id", "kind", "occurred_at")),
            sorted((bytes(h), r) for h, r in blocks.values_list("address_hash", "reason")),
            sorted(recipients.values_list("pk", "state")),
        )


def kinds(workspace: Workspace) -> list[str]:
    return [kind for _, kind, _ in state_of(workspace)[0]]


def blocked(workspace: Workspace) -> list[str]:
    return [reason for _, reason in state_of(workspace)[1]]


def test_delivery_bounce_and_complaint_are_kept_once_and_block_as_they_should(client: Client):
    workspace = make_workspace()
    account = make_provider(workspace)
    run = make_run(workspace)
    delivered, bounced, full, complained = (
        make_recipient(workspace, run, address=f"{name}@example.org", provider_id=f"id-{name}")
        for name in ("delivered", "bounced", "full", "complained")
    )
    bodies = [
        postmark("Delivery", delivered),
        postmark("Bounce", bounced, Type="HardBounce", ID=1),
        postmark("Bounce", full, Type="SoftBounce", ID=2),
        postmark("SpamComplaint", complained, Type="SpamComplaint", ID=3),
    ]
    for body in bodies * 2:
        assert tell(client, workspace, account, body).status_code == 200
    assert sorted(kinds(workspace)) == ["bounced", "bounced", "complained", "delivered"]
    assert sorted(blocked(workspace)) == ["bounced", "complained"]
    with workspace_scope(workspace):
        reason = Suppression.objects.in_workspace(workspace).get(reason="bounced")
        assert bytes(reason.address_hash) == bytes(bounced.address_hash)
        assert reason.source == "webhook of postmark"


def test_what_does_not_prove_itself_is_refused_and_does_nothing(client: Client):
    workspace, other = make_workspace(), make_workspace()
    account = make_provider(workspace)
    recipient = make_recipient(workspace, provider_id="one")
    body = postmark("Bounce", recipient, Type="HardBounce", ID=1)
    path = urlsplit(webhook_address(workspace=workspace, account=account)).path
    password = webhook_password(workspace=workspace, account=account)

    def basic(told: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(told.encode()).decode()}

    foreign = webhook_password(workspace=other, account=account)
    offered = [{}, basic(f"{WEBHOOK_USER}:"), basic(f"{WEBHOOK_USER}:{foreign}")]
    offered += [basic(f"{WEBHOOK_USER}:{password[:-1]}x"), {"Authorization": "Basic !"}]
    for headers in offered:
        answer = client.post(path, json.dumps(body), "application/json", headers=headers)
        assert answer.status_code == 401, headers
    good = basic(f"{WEBHOOK_USER}:{password}")
    elsewhere = [
        path.replace(f"/{workspace.pk}/", f"/{other.pk}/"),
        path.replace(f"/{workspace.pk}/", "/4000000/"),
        path[:-3] + "/",
    ]
    for wrong in elsewhere:
        answer = client.post(wrong, json.dumps(body), "application/json", headers=good)
        assert answer.status_code == 401
    for text in ("", "{", "[]", "null", '{"RecordType": []}', "\x00"):
        assert tell(client, workspace, account, text).status_code in {200, 400}
    assert state_of(workspace)[:2] == ([], [])
    assert client.get(path).status_code == 200  # somebody is there, which says nothing


def signed_mailgun(body: dict[str, Any], key: str) -> tuple[Any, dict[str, str]]:
    told = {"timestamp": "1773576000", "token": "t" * 50}
    mac = hmac.new(key.encode(), (told["timestamp"] + told["token"]).encode(), sha256)
    return {"signature": {**told, "signature": mac.hexdigest()}, **body}, {"X-Nothing": "1"}


def signed_mailersend(body: dict[str, Any], key: str) -> tuple[Any, dict[str, str]]:
    text = json.dumps(body)
    return text, {"Signature": hmac.new(key.encode(), text.encode(), sha256).hexdigest()}


def signed_resend(body: dict[str, Any], key: str) -> tuple[Any, dict[str, str]]:
    text, at = json.dumps(body), str(int(timezone.now().timestamp()))
    mac = hmac.digest(key.encode(), f"msg_1.{at}.{text}".encode(), "sha256")
    return text, {
        "svix-id": "msg_1",
        "svix-timestamp": at,
        "svix-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


MAILGUN = {
    "event-data": {
        "event": "failed",
        "severity": "permanent",
        "id": "e1",
        "timestamp": 1773576000.5,
        "recipient": "ann@example.org",
        "message": {"headers": {"message-id": "one"}},
    }
}
MAILERSEND = {
    "type": "activity.hard_bounced",
    "data": {
        "id": "e1",
        "type": "hard_bounced",
        "created_at": "2026-03-15T10:00:00Z",
        "email": {"message": {"id": "one"}, "recipient": {"email": "ann@example.org"}},
        "morph": {"object": "recipient_bounce", "reason": "no such user"},
    },
}
RESEND = {
    "type": "email.bounced",
    "created_at": "2026-03-15T10:00:00Z",
    "data": {
        "email_id": "one",
        "to": ["ann@example.org"],
        "bounce": {"message": "bounce message", "type": "Permanent"},
    },
}


@pytest.mark.parametrize(
    ("transport", "field", "stored", "sign", "body"),
    [
        (Transport.MAILGUN, "webhook_signing_key", SECRET, signed_mailgun, MAILGUN),
        (Transport.MAILERSEND, "signing_secret", SECRET, signed_mailersend, MAILERSEND),
        (
            Transport.RESEND,
            "signing_secret",
            "whsec_" + base64.b64encode(SECRET.encode()).decode(),
            signed_resend,
            RESEND,
        ),
    ],
)
def test_providers_that_sign_are_believed_by_their_signature_only(
    client: Client,
    transport: Transport,
    field: str,
    stored: str,
    sign: Callable[[dict[str, Any], str], tuple[Any, dict[str, str]]],
    body: dict[str, Any],
):
    workspace = make_workspace()
    account = make_provider(workspace, transport, **{field: stored})
    make_recipient(workspace, provider_id="one")
    forged, headers = sign(body, "of-somebody-else")
    assert tell(client, workspace, account, forged, **headers).status_code == 401
    assert tell(client, workspace, account, body).status_code == 401  # by password
    assert state_of(workspace)[:2] == ([], [])
    good, headers = sign(body, SECRET)
    for _ in range(2):
        assert tell(client, workspace, account, good, **headers).status_code == 200
    assert (kinds(workspace), blocked(workspace)) == (["bounced"], ["bounced"])


def test_sendgrids_signature_is_checked_with_its_public_key(client: Client):
    workspace = make_workspace()
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    stored = base64.b64encode(pem).decode()
    account = make_provider(workspace, Transport.SENDGRID, tracking_webhook_verification_key=stored)
    run = make_run(workspace)
    recipients = [make_recipient(workspace, run, address=f"a{n}@example.org") for n in range(3)]
    body = json.dumps(
        [
            {
                "event": event,
                "email": recipient.address,
                "anymail_id": "not yet known",
                "recipient": str(recipient.pk),
                "timestamp": 1773576000,
                "sg_event_id": f"e{recipient.pk}",
                **({"type": "blocked"} if event == "bounce" else {}),
            }
            for recipient, event in zip(
                recipients, ("delivered", "bounce", "spamreport"), strict=True
            )
        ]
    )
    signature = key.sign(b"1773576000" + body.encode(), ec.ECDSA(SHA256()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": "1773576000",
    }
    assert tell(client, workspace, account, body + " ", **headers).status_code == 401
    assert tell(client, workspace, account, body, **headers).status_code == 200
    assert sorted(kinds(workspace)) == ["bounced", "complained", "delivered"]
    assert blocked(workspace) == ["complained"]


def test_every_provider_without_a_secret_wants_the_password_or_is_refused(client: Client):
    workspace = make_workspace()
    for transport in Transport:
        with workspace_scope(workspace):
            SendingAccount.objects.in_workspace(workspace).update(is_default=False)
        account = make_provider(workspace, transport)
        answer = tell(client, workspace, account, {}, Authorization="Basic Zm9vOmJhcg==")
        assert answer.status_code == 401, transport
        assert tell(client, workspace, account, {}).status_code in {200, 400, 401}, transport


def test_amazons_question_is_answered_at_amazon_only(client: Client, monkeypatch: Any):
    asked: list[str] = []

    class Answer:
        def raise_for_status(self) -> None:
            """It went well."""

    def get(address: str, **_: Any) -> Answer:
        asked.append(address)
        return Answer()

    monkeypatch.setattr("campaigns.responses.providers.requests.get", get)
    workspace = make_workspace()
    account = make_provider(workspace, Transport.AMAZON_SES)
    password = webhook_password(workspace=workspace, account=account)
    told = base64.b64encode(f"{WEBHOOK_USER}:{password}".encode()).decode()
    for address in (
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.evil.example/?x=amazonaws.com/",
        "http://169.254.169.254/",
    ):
        body = {"Type": "SubscriptionConfirmation", "MessageId": "1", "SubscribeURL": address}
        headers = {
            "Authorization": f"Basic {told}",
            "x-amz-sns-message-type": "SubscriptionConfirmation",
            "x-amz-sns-message-id": "1",
        }
        assert tell(client, workspace, account, body, **headers).status_code == 200
    assert asked == ["https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"]


def test_an_event_of_a_message_whose_outcome_is_unknown_settles_it(client: Client):
    workspace = make_workspace()
    account = make_provider(workspace)
    run = make_run(workspace, at=timezone.now() - timedelta(hours=1))
    recipient = make_recipient(workspace, run, state=RecipientState.UNKNOWN, sent_at=None)
    body = postmark("Delivery", recipient, MessageID="never recorded")
    assert tell(client, workspace, account, body).status_code == 200
    assert state_of(workspace)[2] == [(recipient.pk, RecipientState.SENT)]


def test_events_of_other_messages_of_the_account_are_nothing_to_us(client: Client):
    workspace = make_workspace()
    account = make_provider(workspace)
    recipient = make_recipient(workspace, provider_id="ours")
    body = postmark("Bounce", recipient, Type="HardBounce", ID=1, MessageID="an invoice")
    assert tell(client, workspace, account, body).status_code == 200
    assert state_of(workspace)[:2] == ([], [])


def test_the_fifth_soft_bounce_within_thirty_days_blocks_in_whatever_order_they_come():
    days = [0, 7, 14, 21, 29]
    for order in (days, days[::-1], [14, 0, 29, 7, 21]):
        workspace = make_workspace()
        bounced = soft_bounces(workspace, order)
        assert bounced == [[], [], [], [], ["bounced"]]
    assert soft_bounces(make_workspace(), [0, 10, 20, 31, 41, 51])[-1] == []
    assert soft_bounces(make_workspace(), [0, 0, 0, 0, 0], same_message=True)[-1] == []


def soft_bounces(
    workspace: Workspace, days: list[int], *, same_message: bool = False
) -> list[list[str]]:
    """What is blocked after each soft bounce, so many days after the first."""
    contact = make_contact(workspace, email="full@example.org")
    first = NOW - timedelta(days=60)
    found, recipient = [], None
    for n, day in enumerate(days):
        at = first + timedelta(days=day)
        if recipient is None or not same_message:
            recipient = make_recipient(workspace, make_run(workspace, at=at), contact, sent_at=at)
        outcome = Outcome(recipient.pk, OutcomeKind.SOFT_BOUNCE, at, f"{n}")
        take_outcomes(workspace=workspace, outcomes=[outcome], now=NOW, source="test")
        found.append(blocked(workspace))
    return found


def outcomes_for(recipients: list[Recipient], number: int) -> list[Outcome]:
    chance = random.Random(11)
    return [
        Outcome(
            chance.choice(recipients).pk,
            chance.choices(list(OutcomeKind), weights=[2, 10, 1, 4, 1, 1])[0],
            SENT_AT + timedelta(minutes=chance.randrange(50)),
            f"event-{n}",
        )
        for n in range(number)
    ]


def replay(number: int, contacts: int) -> None:
    """The same state from events in order and from them shuffled and repeated."""
    states = []
    for seed in (None, 1):
        workspace = make_workspace()
        run = make_run(workspace)
        recipients = [
            make_recipient(
                workspace,
                run,
                address=f"a{n}@example.org",
                state=RecipientState.UNKNOWN if n % 7 == 0 else RecipientState.SENT,
            )
            for n in range(contacts)
        ]
        told = outcomes_for(recipients, number)
        if seed is not None:
            chance = random.Random(seed)
            told = told + chance.sample(told, number // 2)
            chance.shuffle(told)
        for start in range(0, len(told), 125):
            part = told[start : start + 125]
            take_outcomes(workspace=workspace, outcomes=part, now=NOW, source="test")
        states.append(comparable(workspace, recipients))
    assert states[0] == states[1]
    events, blocks, settled = states[0]
    assert len(events) > number // 2
    assert {reason for _, reason in blocks} == {"bounced", "complained", "unsubscribed"}
    assert len({state for _, state in settled}) >= 1


def comparable(workspace: Workspace, recipients: list[Recipient]) -> tuple[Any, ...]:
    """The state with the places of recipients instead of their ids."""
    place = {recipient.pk: n for n, recipient in enumerate(recipients)}
    digests = {bytes(recipient.address_hash): n for n, recipient in enumerate(recipients)}
    events, blocks, states = state_of(workspace)
    return (
        sorted((place[int(key.rpartition(":")[2])], kind, at) for key, kind, at in events),
        sorted((digests[digest], reason) for digest, reason in blocks),
        sorted((place[pk], state) for pk, state in states),
    )


def test_a_thousand_shuffled_and_repeated_outcomes_leave_the_same_state():
    replay(1_000, 40)


@pytest.mark.night
def test_ten_thousand_shuffled_and_repeated_outcomes_leave_the_same_state():
    replay(10_000, 500)


def test_three_complaints_of_a_thousand_pause_the_run_and_two_do_not():
    workspace = make_workspace()
    run = make_run(workspace)
    people = make_many(workspace, run, 1_000)

    def complain(recipient: Recipient) -> str:
        outcome = Outcome(recipient.pk, OutcomeKind.COMPLAINED, NOW, f"c{recipient.pk}")
        for _ in range(2):
            take_outcomes(workspace=workspace, outcomes=[outcome], now=NOW, source="test")
        with workspace_scope(workspace):
            run.refresh_from_db()
        return run.state

    assert [complain(each) for each in people[:3]] == [
        RunState.SENDING,
        RunState.SENDING,
        RunState.PAUSED,
    ]
    assert "3 of 1000" in run.error


def make_many(workspace: Workspace, run: Run, number: int) -> list[Recipient]:
    """So many recipients, all at once."""
    items = [{"external_id": f"p{n}", "email": f"p{n}@example.org"} for n in range(number)]
    results = upsert(workspace, *items)
    with workspace_scope(workspace):
        return Recipient.objects.bulk_create(
            Recipient(
                workspace=workspace,
                run=run,
                contact_id=result.id,
                address=item["email"],
                address_hash=hash_address(workspace=workspace, address=item["email"]),
                state=RecipientState.SENT,
                sent_at=SENT_AT,
            )
            for item, result in zip(items, results, strict=True)
        )


@pytest.mark.parametrize(
    ("status", "is_hard"),
    [
        ("550 5.1.1 user unknown", True),
        ("5.2.1 mailbox disabled", True),
        ("5.4.4 no such host", True),
        ("5.0.0", True),
        ("550 no such user", True),
        ("552 5.2.2 mailbox full", False),
        ("550 5.7.1 blocked as spam", False),
        ("554 5.7.509 DMARC", False),
        ("4.2.2", False),
        ("421 try later", False),
        ("554 transaction failed", False),
        ("the server is sad", None),
    ],
)
def test_which_answers_mean_that_an_address_never_works(status: str, is_hard: bool | None):
    assert is_permanent(status) is is_hard
