"""A send that has happened, for the pages that tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.models import Campaign, CampaignState, Recipient, RecipientState, Run, RunState
from campaigns.responses.links import ensure_links
from contacts.models import Contact, SuppressionReason
from contacts.services import suppress_address
from segments.models import Segment
from tests.makers.audiences import freeze, make_run
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import make_list, upsert
from tests.makers.recounts import save_segment
from tests.makers.transactions import transaction_item, transactions
from tracking.models import Message, MessageEvent, MessageEventKind
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

FIRST_NAMES = ("Anna", "Ola", "Marta", "Jan", "Piotr", "Zofia", "Ewa", "Adam")
LAST_NAMES = ("Kowalska", "Nowak", "Wójcik", "Lewandowski", "Dąbrowska", "Zielińska", "Szymański")
SHOP = "https://shop.example/new"
LOOK = "https://shop.example/lookbook"
KNOWN = {"type": "contacts.became_contact", "window": "ever"}
REFUSED = "550 5.1.1 No such user here"
LOST = "Connection lost after the message was handed over"


def make_people(workspace: Workspace, number: int, *, now: datetime) -> list[Contact]:
    """Contacts with names; of a hundred, eleven have not given consent and four no address."""
    upsert(workspace, *(_person(index, now) for index in range(number)), now=now)
    with workspace_scope(workspace):
        people = list(Contact.objects.filter(external_id__startswith="p").order_by("pk"))
        for contact in [each for each in people if each.email][:number:20]:
            suppress_address(
                workspace=workspace,
                channel="email",
                address=contact.email,
                reason=SuppressionReason.BOUNCED,
                now=now,
            )
    return people


def _person(index: int, now: datetime) -> dict[str, Any]:
    first, last = FIRST_NAMES[index % 8], LAST_NAMES[index % 7]
    return {
        "external_id": f"p{index}",
        **({} if index % 25 == 3 else {"email": f"{first.lower()}{index}@mail.example"}),
        "attributes": {"first_name": first, "last_name": last},
        "consents": {} if index % 9 == 4 else {"email": "granted"},
        "observed_at": (now - timedelta(days=100)).isoformat(),
    }


def make_audience(workspace: Workspace, people: Sequence[Contact], *, now: datetime) -> Segment:
    """Everybody, as a segment of two rows."""
    where = {"all": [KNOWN, {"not": {**KNOWN, "window": {"last": 1, "unit": "days"}}}]}
    return save_segment(workspace, where, name="Everybody we know", now=now)


def make_send(
    workspace: Workspace, people: Sequence[Contact], *, at: datetime, **given: Any
) -> Run:
    """A finished run to these people, frozen as sends are; opened, clicked, bought from."""
    segment = make_audience(workspace, people, now=at - timedelta(days=1))
    guests = make_list(workspace, "Came to the fair", *people[::17], now=at)
    campaign = make_campaign(
        workspace,
        audience={"segments": [segment.pk], "exclude_lists": [guests.pk]},
        now=at,
        **{"name": "New in the shop", "holdout_points": 1500, **given},
    )
    run = freeze(make_run(campaign, at, confirmed=["first_size", "coverage", "jump"]), at)
    assert run.state == RunState.SENDING, (run.state, run.error, run.held_reasons)
    with workspace_scope(workspace):
        _finish(run, at)
        _answer(workspace, run, at)
    _buy(workspace, run, at)
    return run


def make_running(workspace: Workspace, campaign: Campaign, *, at: datetime) -> Run:
    """A run of which half has gone out."""
    run = freeze(make_run(campaign, at, confirmed=["first_size", "coverage", "jump"]), at)
    with workspace_scope(workspace):
        rows = Recipient.objects.filter(run=run, state=RecipientState.QUEUED)
        half = list(rows.order_by("pk").values_list("pk", flat=True))[::2]
        Recipient.objects.filter(pk__in=half).update(state=RecipientState.SENT, sent_at=at)
    return run


def _finish(run: Run, at: datetime) -> None:
    """Most were sent to, some refused, of some nothing is known."""
    waiting = list(Recipient.objects.filter(run=run, state=RecipientState.QUEUED).order_by("pk"))
    for index, recipient in enumerate(waiting):
        recipient.state, recipient.sent_at = RecipientState.SENT, at + timedelta(seconds=index)
        if index % 29 == 11:
            recipient.state, recipient.sent_at = RecipientState.FAILED, None
            recipient.error = REFUSED
        elif index % 29 == 17:
            recipient.state, recipient.sent_at = RecipientState.UNKNOWN, None
            recipient.error, recipient.handed_over = LOST, True
        recipient.save()
    run.state, run.finished_at = RunState.FINISHED, at + timedelta(minutes=4)
    run.save()
    Campaign.objects.filter(pk=run.campaign_id).update(state=CampaignState.DONE)


def _answer(workspace: Workspace, run: Run, at: datetime) -> None:
    """Messages, and what people and machines did with them."""
    key = f"campaign-{run.campaign_id}"
    ensure_links(workspace=workspace, campaign_id=run.campaign_id, urls=[SHOP, LOOK])
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
    events = [
        _event(workspace, message, key, kind, is_machine, at, index, place)
        for index, message in enumerate(messages)
        for place, (kind, is_machine) in enumerate(_what_was_done(index))
    ]
    MessageEvent.objects.bulk_create(events)


def _what_was_done(index: int) -> list[tuple[str, bool]]:
    did: list[tuple[str, bool]] = [(MessageEventKind.DELIVERED, False)]
    if index % 5 < 2:
        did.append((MessageEventKind.OPENED, False))
    if index % 9 == 0:
        did.append((MessageEventKind.OPENED, True))
    if index % 5 == 0:
        did.append((MessageEventKind.CLICKED, False))
    if index % 29 == 7:
        did.append((MessageEventKind.UNSUBSCRIBED, False))
    return did


def _event(
    workspace: Workspace,
    message: Message,
    key: str,
    kind: str,
    is_machine: bool,
    at: datetime,
    index: int,
    place: int,
) -> MessageEvent:
    return MessageEvent(
        workspace=workspace,
        message=message,
        contact_id=message.contact_id,
        channel="email",
        campaign_key=key,
        kind=kind,
        is_machine=is_machine,
        link=(LOOK if index % 3 == 0 else SHOP) if kind == MessageEventKind.CLICKED else "",
        external_id=f"{message.external_id}:{kind}:{is_machine}",
        # Most within hours, some days later.
        occurred_at=at + timedelta(minutes=5 + place + (index * index * 7) % 2_400),
        received_at=at + timedelta(days=2),
    )


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
