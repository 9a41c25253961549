"""What recipients say, from a message, about what they want to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaigns.models import Recipient, Topic
from campaigns.responses.machines import Caller
from campaigns.responses.recording import Response, recipients_by_id, record_responses
from campaigns.responses.suppressing import suppress_recipient
from campaigns.responses.tokens import Token
from campaigns.services.consenting import Evidence, language_of, offered_topics, said_by, say
from contacts.models import Channel, ConsentStatus, Suppression, SuppressionReason
from contacts.services import lift_suppression
from tracking.models import MessageEventKind
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

# Versions of what the pages say, kept with each consent; change one with its page's words.
UNSUBSCRIBE_WORDING = "unsubscribe-1"
PREFERENCES_WORDING = "preferences-1"


class Choice(StrEnum):
    """How much a recipient wants."""

    ALL = "all"
    ONLY = "only"
    NONE = "none"


@dataclass(frozen=True)
class TopicChoice:
    """A topic and whether the recipient gets it now."""

    topic: Topic
    is_chosen: bool


@dataclass(frozen=True)
class Preferences:
    """What stands for a recipient now; `is_known` is false once nothing of them is left."""

    workspace: Workspace
    language: str
    address: str = ""
    is_known: bool = False
    choice: Choice = Choice.NONE
    topics: Sequence[TopicChoice] = ()
    blocked: str = ""  # why nothing is sent whatever is chosen: bounced, complained, manual


def preferences_of(*, token: Token) -> Preferences:
    """What the recipient of a message gets, for the page that lets them change it."""
    workspace = Workspace.objects.get(pk=token.workspace_id)
    with workspace_scope(workspace):
        recipient = _recipient(workspace, token)
        if recipient is None:
            return Preferences(workspace=workspace, language=workspace.language)
        return _preferences(workspace, recipient)


def unsubscribe(*, token: Token, caller: Caller, now: datetime, source: str) -> Preferences:
    """The recipient wants no more e-mail: blocked and withdrawn in one transaction.

    Doing it again changes nothing. `source` says how it came: the page, one click, the provider.
    """
    workspace = Workspace.objects.get(pk=token.workspace_id)
    with workspace_scope(workspace):
        recipient = _recipient(workspace, token)
        if recipient is None:
            return Preferences(workspace=workspace, language=workspace.language)
        unsubscribe_recipient(
            workspace=workspace,
            recipient=recipient,
            now=now,
            source=source,
            ip_address=caller.address,
        )
        return _preferences(workspace, recipient)


def unsubscribe_recipient(
    *,
    workspace: Workspace,
    recipient: Recipient,
    now: datetime,
    source: str,
    ip_address: str | None = None,
    is_recorded: bool = False,
) -> None:
    """Block the address, withdraw every consent to e-mail, and record it of the message.

    `is_recorded`: the message's event is there already.
    """
    with workspace_scope(workspace):
        suppress_recipient(
            workspace=workspace,
            recipient=recipient,
            reason=SuppressionReason.UNSUBSCRIBED,
            now=now,
            source=source,
        )
        said = said_by(workspace, recipient.contact_id)
        for topic in sorted({"", *said, *offered_topics(workspace)}):
            if said.get(topic) == ConsentStatus.WITHDRAWN:
                continue  # saying it again would only lengthen the history
            say(
                workspace=workspace,
                contact_id=recipient.contact_id,
                topic=topic,
                status=ConsentStatus.WITHDRAWN,
                evidence=Evidence(source, ip_address, UNSUBSCRIBE_WORDING),
                now=now,
            )
        if not is_recorded:
            _record_unsubscribed(workspace, recipient, now)


def save_preferences(
    *,
    token: Token,
    choice: Choice,
    topics: Sequence[str],
    caller: Caller,
    now: datetime,
) -> Preferences:
    """Keep what a recipient chose on the page: everything, only these topics, or nothing.

    Choosing anything lifts the block of an earlier unsubscription, and no other. Topics nobody
    offers are left out; choosing only topics but none of them is choosing nothing.
    """
    if choice == Choice.NONE:
        return unsubscribe(token=token, caller=caller, now=now, source="preference page")
    workspace = Workspace.objects.get(pk=token.workspace_id)
    with workspace_scope(workspace):
        recipient = _recipient(workspace, token)
        if recipient is None:
            return Preferences(workspace=workspace, language=workspace.language)
        offered = offered_topics(workspace)
        chosen = set(offered) if choice == Choice.ALL else set(topics) & set(offered)
        if choice == Choice.ONLY and not chosen:
            return unsubscribe(token=token, caller=caller, now=now, source="preference page")
        lift_suppression(
            workspace=workspace,
            channel=Channel.EMAIL,
            address=recipient.address,
            reason=SuppressionReason.UNSUBSCRIBED,
            now=now,
        )
        # What was said of everything holds for each topic too, so that it has to be a yes.
        said = {topic: topic in chosen for topic in offered} | {"": True}
        for topic, wanted in sorted(said.items()):
            say(
                workspace=workspace,
                contact_id=recipient.contact_id,
                topic=topic,
                status=ConsentStatus.GRANTED if wanted else ConsentStatus.WITHDRAWN,
                evidence=Evidence("preference page", caller.address, PREFERENCES_WORDING),
                now=now,
            )
        return _preferences(workspace, recipient)


def _recipient(workspace: Workspace, token: Token) -> Recipient | None:
    return recipients_by_id(workspace, [token.recipient_id]).get(token.recipient_id)


def _preferences(workspace: Workspace, recipient: Recipient) -> Preferences:
    said = said_by(workspace, recipient.contact_id)
    reasons = set(
        Suppression.objects.in_workspace(workspace)
        .filter(channel=Channel.EMAIL, address_hash=recipient.address_hash, valid_to=None)
        .values_list("reason", flat=True)
    )
    gets_nothing = SuppressionReason.UNSUBSCRIBED in reasons
    everything = said.get("")
    topics = Topic.objects.in_workspace(workspace).filter(archived_at=None)
    shown = [
        TopicChoice(topic, not gets_nothing and _is_wanted(said.get(topic.key), everything))
        for topic in topics.order_by("position", "pk")
    ]
    if gets_nothing or everything == ConsentStatus.WITHDRAWN:
        choice = Choice.NONE
    else:
        choice = Choice.ALL if all(each.is_chosen for each in shown) else Choice.ONLY
    return Preferences(
        workspace=workspace,
        language=language_of(workspace, recipient.contact_id),
        address=recipient.address,
        is_known=True,
        choice=choice,
        topics=shown,
        blocked=next(iter(sorted(reasons - {SuppressionReason.UNSUBSCRIBED})), ""),
    )


def _is_wanted(said: str | None, everything: str | None) -> bool:
    """Neither the topic nor everything was withdrawn or has yet to be confirmed: both hold."""
    return not {said, everything} & {ConsentStatus.WITHDRAWN, ConsentStatus.PENDING}


def _record_unsubscribed(workspace: Workspace, recipient: Recipient, now: datetime) -> None:
    response = Response(
        recipient_id=recipient.pk,
        kind=MessageEventKind.UNSUBSCRIBED,
        occurred_at=now,
        external_id=f"{MessageEventKind.UNSUBSCRIBED}:{recipient.pk}",
    )
    record_responses(workspace=workspace, responses=[response], now=now)
