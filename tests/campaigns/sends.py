"""A send that has happened, for the pages that tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.models import (
    Campaign,
    CampaignState,
    Recipient,
    RecipientState,
    Run,
    RunState,
    SkipReason,
    TrackedLink,
)
from contacts.addresses import hash_address
from contacts.models import Contact
from tests.makers.campaigns import HELLO, make_campaign
from tests.makers.contacts import upsert
from tests.makers.transactions import transaction_item, transactions
from tracking.models import Message, MessageEvent, MessageEventKind
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

FIRST_NAMES = ("Anna", "Ola", "Marta", "Jan", "Piotr", "Zofia", "Ewa", "Adam")
LAST_NAMES = ("Kowalska", "Nowak", "Wójcik", "Lewandowski", "Dąbrowska", "Zielińska", "Szymański")
# Of every hundred of the audience.
OUTCOMES: tuple[tuple[str, str, int], ...] = (
    (RecipientState.SKIPPED, SkipReason.EXCLUDED, 6),
    (RecipientState.SKIPPED, SkipReason.NO_ADDRESS, 4),
    (RecipientState.SKIPPED, SkipReason.NO_CONSENT, 11),
    (RecipientState.SKIPPED, SkipReason.SUPPRESSED, 5),
    (RecipientState.SKIPPED, SkipReason.HELD_OUT, 10),
    (RecipientState.SKIPPED, SkipReason.DUPLICATE, 2),
    (RecipientState.FAILED, "", 2),
    (RecipientState.UNKNOWN, "", 3),
    (RecipientState.SENT, "", 57),
)
SHOP = "https://shop.example/new"


def make_people(workspace: Workspace, number: int, *, now: datetime) -> list[Contact]:
    """Contacts with names and addresses, known for a while."""
    upsert(
        workspace,
        *(
            {
                "external_id": f"p{index}",
                "email": f"{FIRST_NAMES[index % 8].lower()}{index}@mail.example",
                "attributes": {
                    "first_name": FIRST_NAMES[index % 8],
                    "last_name": LAST_NAMES[index % 7],
                },
                "observed_at": (now - timedelta(days=100)).isoformat(),
            }
            for index in range(number)
        ),
        now=now,
    )
    with workspace_scope(workspace):
        return list(Contact.objects.filter(external_id__startswith="p").order_by("pk"))


def make_send(
    workspace: Workspace,
    people: Sequence[Contact],
    *,
    at: datetime,
    campaign: Campaign | None = None,
    **given: Any,
) -> Run:
    """A finished run to these people; opened, clicked, bought from."""
    campaign = campaign or make_campaign(
        workspace, audience={}, now=at, name="New in the shop", state=CampaignState.DONE
    )
    with workspace_scope(workspace):
        run = Run.objects.create(
            workspace=workspace,
            campaign=campaign,
            **{
                "run_key": f"send-{at.isoformat()}",
                "state": RunState.FINISHED,
                "scheduled_for": at,
                "as_of": at,
                "started_at": at,
                "finished_at": at + timedelta(minutes=4),
                "version_number": 1,
                "audience": campaign.audience,
                "content": HELLO,
                "settings": SETTINGS | {"campaign_name": campaign.name},
                "segments": [],
                **given,
            },
        )
        Recipient.objects.bulk_create(_recipients(workspace, run, people, at))
        run.waterfall = _waterfall(run)
        run.size = Recipient.objects.filter(run=run).exclude(state="skipped").count()
        run.save()
        _answer(workspace, run, at)
    _buy(workspace, run, at)
    return run


SETTINGS = {
    "from_name": "Nordlicht",
    "from_email": "news@nordlicht.example",
    "topic_name": "News",
    "consent_rule": "granted",
    "postal_address": "Nordlicht, 1 Long Street, Warsaw",
    "holdout_points": 1000,
    "revenue_rule": "click",
}


def _recipients(
    workspace: Workspace, run: Run, people: Sequence[Contact], at: datetime
) -> list[Recipient]:
    kinds = [(state, reason) for state, reason, share in OUTCOMES for _each in range(share)]
    return [
        _recipient(workspace, run, contact, at + timedelta(seconds=index), *kinds[index * 37 % 100])
        for index, contact in enumerate(people)
    ]


def _recipient(
    workspace: Workspace, run: Run, contact: Contact, at: datetime, state: str, reason: str
) -> Recipient:
    address = "" if reason == SkipReason.NO_ADDRESS else contact.email
    errors = {
        RecipientState.FAILED: "550 5.1.1 No such user here",
        RecipientState.UNKNOWN: "Connection lost after the message was handed over",
    }
    return Recipient(
        workspace=workspace,
        run=run,
        contact=contact,
        address=address,
        address_hash=hash_address(workspace=workspace, address=address) if address else None,
        state=state,
        reason=reason,
        sent_at=at if state == RecipientState.SENT else None,
        handed_over=state == RecipientState.UNKNOWN,
        error=errors.get(RecipientState(state), ""),
    )


def _waterfall(run: Run) -> list[dict[str, Any]]:
    rows = Recipient.objects.filter(run=run)
    left = rows.count()
    steps = []
    for reason in SkipReason.values[:7]:
        removed = rows.filter(reason=reason).count()
        left -= removed
        steps.append({"step": reason, "removed": removed, "left": left})
    return steps


def _answer(workspace: Workspace, run: Run, at: datetime) -> None:
    """Messages, and what people and machines did with them."""
    key = f"campaign-{run.campaign_id}"
    link = TrackedLink.objects.create(
        workspace=workspace, campaign=run.campaign, url=SHOP, url_hash=bytes([run.pk % 250]) * 32
    )
    sent = list(Recipient.objects.filter(run=run, state=RecipientState.SENT).order_by("pk"))
    messages = Message.objects.bulk_create(
        Message(
            workspace=workspace,
            contact_id=recipient.contact_id,
            channel="email",
            campaign_key=key,
            external_id=f"run:{run.pk}:{recipient.pk}",
            subject="New in the shop",
            sent_at=recipient.sent_at or at,
        )
        for recipient in sent
    )
    events = []
    for index, message in enumerate(messages):
        did: list[tuple[str, bool]] = [(MessageEventKind.DELIVERED, False)]
        if index % 5 < 2:
            did.append((MessageEventKind.OPENED, False))
        if index % 9 == 0:
            did.append((MessageEventKind.OPENED, True))
        if index % 5 == 0:
            did.append((MessageEventKind.CLICKED, False))
        if index % 29 == 7:
            did.append((MessageEventKind.UNSUBSCRIBED, False))
        events += [
            MessageEvent(
                workspace=workspace,
                message=message,
                contact_id=message.contact_id,
                channel="email",
                campaign_key=key,
                kind=kind,
                is_machine=is_machine,
                link=str(link.pk) if kind == MessageEventKind.CLICKED else "",
                external_id=f"{message.external_id}:{kind}:{is_machine}",
                occurred_at=at + timedelta(minutes=3 + index * 37 * (place + 1) % 2_000),
                received_at=at + timedelta(days=2),
            )
            for place, (kind, is_machine) in enumerate(did)
        ]
    MessageEvent.objects.bulk_create(events)


def _buy(workspace: Workspace, run: Run, at: datetime) -> None:
    with workspace_scope(workspace):
        clicked = list(
            Contact.objects.filter(
                message_events__kind=MessageEventKind.CLICKED,
                message_events__campaign_key=f"campaign-{run.campaign_id}",
            ).order_by("pk")[::2]
        )
    if clicked:
        bought = at + timedelta(days=2, hours=2)
        items = [transaction_item(each, bought, "89.00") for each in clicked]
        transactions(workspace, *items, now=bought)
