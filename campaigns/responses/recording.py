"""Recording what happened to messages of runs, each thing once however often it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Value
from django.db.models.functions import Coalesce

from campaigns.keys import key_of_campaign, message_of
from campaigns.models import Recipient, RecipientState
from tracking.models import Message, MessageEventKind
from tracking.services import record_message_events
from tracking.services.sent import SentMessage, record_sent
from workspaces.batches import ItemStatus
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

# Who was never sent to can't answer; an address in a message exists only once it was made.
_NEVER_SENT = (RecipientState.QUEUED, RecipientState.SKIPPED)


@dataclass(frozen=True)
class Response:
    """One thing that happened to the message of a recipient; `external_id` names it for ever."""

    recipient_id: int
    kind: MessageEventKind
    occurred_at: datetime
    external_id: str
    is_machine: bool = False
    link: str = ""


def recipients_by_id(workspace: Workspace, ids: Iterable[int]) -> dict[int, Recipient]:
    """Recipients who were sent to and were not erased since, with their run's campaign."""
    found = (
        Recipient.objects.in_workspace(workspace)
        .filter(
            pk__any_of=set(ids),
            run__workspace_id=workspace.pk,
            contact__workspace_id=workspace.pk,
            contact__erased_at=None,
        )
        .exclude(state__in=_NEVER_SENT)
        .select_related("run")
        .only(
            *("workspace_id", "run_id", "contact_id", "address", "address_hash", "state"),
            *("reason", "sent_at", "lease_until", "run__workspace_id", "run__campaign_id"),
            *("run__state", "run__started_at", "run__as_of", "run__scheduled_for"),
        )
    )
    return {recipient.pk: recipient for recipient in found}


def record_responses(
    *,
    workspace: Workspace,
    responses: Sequence[Response],
    now: datetime,
    known: Mapping[int, Recipient] | None = None,
) -> list[Response]:
    """Store what is new of these; the stored ones.

    Whose outcome was unknown has evidently been sent to. Responses of recipients who are gone, or
    were never sent to, are left out. `known`: what `recipients_by_id` has answered already.
    """
    with workspace_scope(workspace):
        recipients = known
        if recipients is None:
            recipients = recipients_by_id(workspace, (each.recipient_id for each in responses))
        kept = [each for each in responses if each.recipient_id in recipients]
        ensure_messages(workspace=workspace, recipients=list(recipients.values()), now=now)
        results = record_message_events(
            workspace=workspace,
            items=[_item(each, recipients[each.recipient_id]) for each in kept],
            now=now,
            source="campaigns",
        )
        answered = [recipients[each.recipient_id] for each in kept]
        settle_unknown(workspace=workspace, recipients=answered, now=now)
        return [
            each
            for each, result in zip(kept, results, strict=True)
            if result.status == ItemStatus.CREATED
        ]


def ensure_messages(
    *, workspace: Workspace, recipients: Sequence[Recipient], now: datetime
) -> None:
    """Store the messages of recipients whose sending has not been recorded (yet)."""
    keys = {message_of(each.run_id, each.pk): each for each in recipients}
    known = set(
        Message.objects.in_workspace(workspace)
        .filter(external_id__any_of=set(keys))
        .values_list("external_id", flat=True)
    )
    missing: dict[int, list[SentMessage]] = {}
    for key, recipient in sorted(keys.items()):
        if key not in known:
            message = SentMessage(key, recipient.contact_id, "", _sent_at(recipient, now))
            missing.setdefault(recipient.run.campaign_id, []).append(message)
    for campaign_id, messages in sorted(missing.items()):
        key = key_of_campaign(campaign_id)
        record_sent(workspace=workspace, campaign_key=key, messages=messages)


def _sent_at(recipient: Recipient, now: datetime) -> datetime:
    """When it was sent, or where nobody knows, when its run began."""
    run = recipient.run
    known = recipient.sent_at
    if known is None and recipient.state == RecipientState.UNKNOWN:
        known = run.started_at or run.as_of
    return min(known or now, now)


def _item(response: Response, recipient: Recipient) -> dict[str, object]:
    return {
        "external_id": response.external_id,
        "message": message_of(recipient.run_id, recipient.pk),
        "kind": response.kind.value,
        "occurred_at": response.occurred_at,
        "is_machine": response.is_machine,
        "link": response.link,
    }


def settle_unknown(*, workspace: Workspace, recipients: Iterable[Recipient], now: datetime) -> None:
    """Those whose outcome was unknown were sent to: something came back of their messages."""
    unknown = [each for each in recipients if each.state == RecipientState.UNKNOWN]
    if unknown:
        at = min(_sent_at(each, now) for each in unknown)
        Recipient.objects.in_workspace(workspace).filter(
            pk__any_of=[each.pk for each in unknown], state=RecipientState.UNKNOWN
        ).update(state=RecipientState.SENT, sent_at=Coalesce("sent_at", Value(at)), error="")
