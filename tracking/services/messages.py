"""Recording messages and what happened to them; campaigns write here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _

from contacts.models import ChangeKind
from contacts.services import touch_contacts
from contacts.text import key_of, normalise
from tracking.items import (
    ContactReference,
    ExternalId,
    Instant,
    Item,
    ItemBatch,
    Url,
    clamp,
    text,
)
from tracking.models import Message, MessageEvent
from tracking.references import contacts_of
from tracking.services.coverage import earliest_by_source, record_coverage
from tracking.services.facts import store_facts
from workspaces.batches import ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

CampaignKey = Annotated[str, text(64)]


class MessageItem(Item):
    """A message that was sent."""

    external_id: ExternalId
    contact: ContactReference
    channel: Literal["email", "sms", "push"]
    sent_at: Instant
    campaign: CampaignKey = ""
    subject: Annotated[str, text(500)] = ""

    @property
    def occurred_at(self) -> datetime:
        return self.sent_at


class MessageEventItem(Item):
    """Something that happened to a message; contact, channel and campaign are the message's."""

    external_id: ExternalId
    message: ExternalId
    kind: Literal["delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"]
    occurred_at: Instant
    is_machine: bool = False
    link: Url = ""


def record_messages(
    *, workspace: Workspace, items: Sequence[Any], now: datetime, source: str
) -> list[ItemResult]:
    """Store messages that were sent to contacts."""
    batch = ItemBatch(items, MessageItem)

    def prepare(pending: dict[int, MessageItem]) -> dict[int, Message]:
        contact_ids = contacts_of(workspace=workspace, batch=batch, now=now, source=source)
        return {
            index: _message(workspace, pending[index], contact_id, now)
            for index, contact_id in contact_ids.items()
        }

    with workspace_scope(workspace):
        stored = store_facts(workspace=workspace, batch=batch, model=Message, prepare=prepare)
        sent = [(f"messages.{row.channel}", row.sent_at) for row in stored.values()]
        record_coverage(workspace=workspace, earliest=earliest_by_source(sent))
        _touch(workspace, stored.values())
    return batch.in_order()


def record_message_events(
    *, workspace: Workspace, items: Sequence[Any], now: datetime, source: str
) -> list[ItemResult]:
    """Store deliveries, opens, clicks and the like of known messages."""
    batch = ItemBatch(items, MessageEventItem)
    with workspace_scope(workspace):
        messages = _known_messages(workspace, batch)

        def prepare(pending: dict[int, MessageEventItem]) -> dict[int, MessageEvent]:
            rows: dict[int, MessageEvent] = {}
            for index, item in pending.items():
                message = messages.get(item.message)
                if message is None:
                    batch.refuse(
                        index, "$.message", "unknown_message", _("There is no such message.")
                    )
                else:
                    rows[index] = _event(message, item, now)
            return rows

        stored = store_facts(workspace=workspace, batch=batch, model=MessageEvent, prepare=prepare)
        _touch(workspace, stored.values())
    return batch.in_order()


def _message(workspace: Workspace, item: MessageItem, contact_id: int, now: datetime) -> Message:
    return Message(
        workspace_id=workspace.pk,
        external_id=item.external_id,
        contact_id=contact_id,
        channel=item.channel,
        campaign_key=item.campaign,
        subject=item.subject,
        sent_at=clamp(item.sent_at, now)[0],
    )


@dataclass(frozen=True)
class _KnownMessage:
    id: int
    workspace_id: int
    contact_id: int
    channel: str
    campaign_key: str


def _known_messages(
    workspace: Workspace, batch: ItemBatch[MessageEventItem]
) -> dict[str, _KnownMessage]:
    wanted = {item.message for item in batch.pending.values()}
    rows = (
        Message.objects.in_workspace(workspace)
        .filter(external_id__any_of=wanted)
        .values_list("external_id", "pk", "workspace_id", "contact_id", "channel", "campaign_key")
    )
    return {row[0]: _KnownMessage(*row[1:]) for row in rows}


def _event(message: _KnownMessage, item: MessageEventItem, now: datetime) -> MessageEvent:
    occurred_at, is_clamped = clamp(item.occurred_at, now)
    return MessageEvent(
        workspace_id=message.workspace_id,
        external_id=item.external_id,
        message_id=message.id,
        contact_id=message.contact_id,
        channel=message.channel,
        campaign_key=message.campaign_key,
        kind=item.kind,
        occurred_at=occurred_at,
        received_at=now,
        is_clamped=is_clamped,
        is_machine=item.is_machine,
        link=key_of(normalise(item.link)),
    )


def _touch(workspace: Workspace, rows: Any) -> None:
    touch_contacts(
        workspace=workspace,
        contact_ids={row.contact_id for row in rows},
        kind=ChangeKind.MESSAGE,
    )
