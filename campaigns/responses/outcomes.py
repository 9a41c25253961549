"""What providers and mail servers say became of messages, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from django.utils.translation import gettext as _

from campaigns.keys import key_of_campaign, messages_of_run, recipient_of_message
from campaigns.models import Recipient, RecipientState, Run, RunState
from campaigns.responses.recording import (
    Response,
    ensure_messages,
    recipients_by_id,
    record_responses,
    settle_unknown,
)
from campaigns.responses.suppressing import suppress_recipient
from campaigns.services.control import pause_for
from campaigns.services.preferences import unsubscribe_recipient
from contacts.models import AttributeValue, SuppressionReason
from tracking.models import MessageEvent, MessageEventKind
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

# An address that can't be reached for now is given up at the fifth message within this time.
SOFT_BOUNCES = 5
SOFT_WITHIN = timedelta(days=30)

# From 0.3 % mailbox providers refuse everything a sender sends; of fewer messages it says little.
COMPLAINTS_PER_THOUSAND = 3
COMPLAINTS_COUNT_FROM = 1_000
COMPLAINTS = "complaints"  # the code of the reason a run is paused for

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_BASIC = re.compile(r"(?:^|\s)([45]\d\d)(?=[\s-]|$)")


class OutcomeKind(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"  # seen or followed, as the provider says: it was sent, no more
    DELIVERED = "delivered"
    HARD_BOUNCE = "hard_bounce"  # nobody has this address
    SOFT_BOUNCE = "soft_bounce"  # not this time
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"  # with the provider


_EVENTS = {
    OutcomeKind.DELIVERED: MessageEventKind.DELIVERED,
    OutcomeKind.HARD_BOUNCE: MessageEventKind.BOUNCED,
    OutcomeKind.SOFT_BOUNCE: MessageEventKind.BOUNCED,
    OutcomeKind.COMPLAINED: MessageEventKind.COMPLAINED,
    OutcomeKind.UNSUBSCRIBED: MessageEventKind.UNSUBSCRIBED,
}


@dataclass(frozen=True)
class Outcome:
    """What became of a recipient's message; `key` tells a repeated one from a new one."""

    recipient_id: int
    kind: OutcomeKind
    at: datetime
    key: str


def is_permanent(status: str) -> bool | None:
    """Whether a server's answer means that the address will never work; None where it says nothing.

    Refusals that are about the message, the sender or a full mailbox aren't about the address.
    """
    if found := _ENHANCED.search(status):
        family, subject, detail = found.groups()
        if family != "5":
            return False
        return subject in {"0", "1", "4"} or (subject, detail) in {("2", "1"), ("2", "0")}
    if found := _BASIC.search(status):
        return found[1] in {"550", "551", "553"}
    return None


def outcome_key(*parts: object) -> str:
    """A name for something told from outside, of whatever length its own names are."""
    told = "\x1f".join(str(part) for part in parts).encode("utf-8", "replace")
    return blake2b(told, digest_size=20).hexdigest()


def take_outcomes(
    *, workspace: Workspace, outcomes: Sequence[Outcome], now: datetime, source: str
) -> int:
    """Record outcomes and what follows from them, in one transaction; how many were new.

    Hard bounces and complaints block the address at once, soft bounces at the fifth message
    within 30 days. The order in which outcomes arrive, and how often, makes no difference.
    """
    with workspace_scope(workspace):
        named = {_external_id(each): each for each in sorted(outcomes, key=lambda each: each.key)}
        responses = [
            Response(
                recipient_id=each.recipient_id,
                kind=_EVENTS[each.kind],
                occurred_at=each.at,
                external_id=external_id,
            )
            for external_id, each in named.items()
            if each.kind in _EVENTS
        ]
        recipients = recipients_by_id(workspace, (each.recipient_id for each in responses))
        stored = record_responses(
            workspace=workspace, responses=responses, now=now, known=recipients
        )
        _settle_accepted(workspace, outcomes, now)
        fresh = [named[response.external_id] for response in stored]
        for each in fresh:
            _follow(workspace, recipients[each.recipient_id], each, now, source)
        complained = [each for each in fresh if each.kind == OutcomeKind.COMPLAINED]
        for run_id in sorted({recipients[each.recipient_id].run_id for each in complained}):
            _pause_if_disliked(workspace, run_id, now)
        return len(stored)


def _external_id(outcome: Outcome) -> str:
    return f"outcome:{outcome.kind}:{outcome.recipient_id}:{outcome.key}"


def _settle_accepted(workspace: Workspace, outcomes: Iterable[Outcome], now: datetime) -> None:
    ids = {each.recipient_id for each in outcomes if each.kind == OutcomeKind.ACCEPTED}
    recipients = [
        recipient
        for recipient in recipients_by_id(workspace, ids).values()
        if recipient.state == RecipientState.UNKNOWN
    ]
    ensure_messages(workspace=workspace, recipients=recipients, now=now)
    settle_unknown(workspace=workspace, recipients=recipients, now=now)


def _follow(
    workspace: Workspace, recipient: Recipient, outcome: Outcome, now: datetime, source: str
) -> None:
    if outcome.kind == OutcomeKind.UNSUBSCRIBED:
        unsubscribe_recipient(
            workspace=workspace, recipient=recipient, now=now, source=source, is_recorded=True
        )
    elif outcome.kind == OutcomeKind.COMPLAINED:
        suppress_recipient(
            workspace=workspace,
            recipient=recipient,
            reason=SuppressionReason.COMPLAINED,
            now=now,
            source=source,
        )
    elif outcome.kind == OutcomeKind.HARD_BOUNCE or (
        outcome.kind == OutcomeKind.SOFT_BOUNCE and _bounces_often(workspace, recipient)
    ):
        suppress_recipient(
            workspace=workspace,
            recipient=recipient,
            reason=SuppressionReason.BOUNCED,
            now=now,
            source=source,
        )


def _bounces_often(workspace: Workspace, recipient: Recipient) -> bool:
    """Whether five messages to the address bounced within 30 days, whichever came last."""
    holders = AttributeValue.objects.in_workspace(workspace).filter(
        address_hash=recipient.address_hash, valid_to=None
    )
    contacts = {recipient.contact_id, *holders.values_list("contact_id", flat=True)}
    events = (
        MessageEvent.objects.in_workspace(workspace)
        .filter(
            contact_id__any_of=contacts,
            kind=MessageEventKind.BOUNCED,
            message__workspace_id=workspace.pk,
        )
        .values_list("message__external_id", "occurred_at")
    )
    first: dict[str, datetime] = {}
    for key, at in events:
        first[key] = min(at, first.get(key, at))
    instants = sorted(first[key] for key in _sent_to(workspace, recipient, first))
    return any(
        later - earlier <= SOFT_WITHIN
        for earlier, later in zip(instants, instants[SOFT_BOUNCES - 1 :], strict=False)
    )


def _sent_to(workspace: Workspace, recipient: Recipient, keys: Mapping[str, datetime]) -> list[str]:
    """Those messages that were sent to the recipient's address; it may have been another then."""
    ids = {pk: key for key in keys if (pk := recipient_of_message(key)) is not None}
    same = Recipient.objects.in_workspace(workspace).filter(
        pk__any_of=set(ids), address_hash=recipient.address_hash
    )
    return [ids[pk] for pk in same.values_list("pk", flat=True)]


def _pause_if_disliked(workspace: Workspace, run_id: int, now: datetime) -> None:
    run = Run.objects.in_workspace(workspace).get(pk=run_id)
    if run.state != RunState.SENDING:
        return
    sent = Recipient.objects.in_workspace(workspace).filter(run=run, state=RecipientState.SENT)
    number = sent.count()
    first, last = messages_of_run(run.pk)
    complained = (
        MessageEvent.objects.in_workspace(workspace)
        .filter(
            campaign_key=key_of_campaign(run.campaign_id),
            kind=MessageEventKind.COMPLAINED,
            message__workspace_id=workspace.pk,
            message__external_id__gte=first,
            message__external_id__lt=last,
        )
        .values("message_id")
        .distinct()
        .count()
    )
    if number >= COMPLAINTS_COUNT_FROM and complained * 1_000 >= number * COMPLAINTS_PER_THOUSAND:
        pause_for(
            run=run,
            reason=_("Too many recipients reported this as spam: {complained} of {sent}.").format(
                complained=complained, sent=number
            ),
            now=now,
            code=COMPLAINTS,
        )
