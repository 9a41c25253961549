"""Double opt-in: a contact is asked by e-mail whether it was them, and says so on a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from celery import current_app
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.delivery.plan import CannotSendError, account_for
from campaigns.frozen import sending_settings_of
from campaigns.models import ConfirmationRequest, Topic
from campaigns.responses.machines import Caller
from campaigns.responses.tokens import Token
from campaigns.services.consenting import Evidence, language_of, offered_topics, said_by, say
from contacts.addresses import email_key
from contacts.models import Channel, ConsentStatus, Contact, Suppression, SuppressionReason
from contacts.services import address_digest, lift_suppression
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

LASTS = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=15)
MOST_A_DAY = 3

# Version of what the page says, kept with the consent where the asker named no wording.
CONFIRM_WORDING = "confirmation-1"
SOURCE = "double opt-in"


def ask_to_confirm(
    *,
    workspace: Workspace,
    contact_id: int,
    topic: str = "",
    source: str = "",
    ip_address: str | None = None,
    wording: str = "",
    now: datetime,
) -> ConfirmationRequest:
    """Ask a contact to confirm that they want e-mail about a topic ("": everything).

    Their consent awaits confirmation from now on; the letter goes out in the background. Asked
    again within 15 minutes, the request stays the same. `ip_address` is where the person asked
    from: without it nobody who has unsubscribed is asked. Raises `ValidationError`, and
    `Contact.DoesNotExist`.
    """
    with workspace_scope(workspace):
        live = Contact.objects.in_workspace(workspace).live()
        contact = live.select_for_update(no_key=True).get(pk=contact_id)
        _refuse_unready(workspace, topic)
        digest = _digest(workspace, contact)
        if (open_one := _asked_just_now(contact, topic, digest, now)) is not None:
            return open_one
        _refuse_unwanted(workspace, contact, topic, digest, ip_address)
        _refuse_too_often(workspace, digest, now)
        evidence = Evidence(source or SOURCE, ip_address, wording)
        say(
            workspace=workspace,
            contact_id=contact.pk,
            topic=topic,
            status=ConsentStatus.PENDING,
            evidence=evidence,
            now=now,
        )
        asked = ConfirmationRequest.objects.create(
            workspace=workspace,
            contact=contact,
            topic=topic,
            address=contact.email,
            address_hash=digest,
            source=evidence.source,
            ip_address=ip_address,
            wording=wording,
            asked_at=now,
            expires_at=now + LASTS,
            next_at=now,
        )
        transaction.on_commit(_ring, robust=True)
        return asked


def may_be_asked(*, workspace: Workspace, contact: Contact) -> bool:
    """Whether a person of the workspace can ask the contact about everything. Inside its scope."""
    try:
        _refuse_unready(workspace, "")
        _refuse_unwanted(workspace, contact, "", _digest(workspace, contact), None)
    except ValidationError:
        return False
    return True


def _ring() -> None:
    current_app.send_task("campaigns.tasks.send_confirmations", expires=600, retry=False)


def _refuse_unready(workspace: Workspace, topic: str) -> None:
    if topic and topic not in offered_topics(workspace):
        raise ValidationError({"topic": _("There is no such topic.")})
    if not sending_settings_of(workspace.pk).from_email:
        raise ValidationError(
            _("Nobody can be asked to confirm until the sending settings name a sender's address.")
        )
    try:
        account_for(workspace=workspace, account_id=None)
    except CannotSendError as error:
        raise ValidationError(str(error)) from error


def _digest(workspace: Workspace, contact: Contact) -> bytes:
    if not contact.email:
        raise ValidationError({"contact": _("This contact has no e-mail address.")})
    return address_digest(workspace=workspace, channel=Channel.EMAIL, address=contact.email)


def _requests(workspace: Workspace, digest: bytes, since: datetime) -> list[ConfirmationRequest]:
    requests = ConfirmationRequest.objects.in_workspace(workspace)
    return list(requests.filter(address_hash=digest, asked_at__gt=since).order_by("-pk"))


def _asked_just_now(
    contact: Contact, topic: str, digest: bytes, now: datetime
) -> ConfirmationRequest | None:
    lately = _requests(contact.workspace, digest, now - AGAIN_AFTER)
    return next(
        (
            each
            for each in lately
            if each.contact_id == contact.pk
            and each.topic == topic
            and each.confirmed_at is None
            and said_by(contact.workspace, contact.pk).get(topic) == ConsentStatus.PENDING
        ),
        None,
    )


def _refuse_too_often(workspace: Workspace, digest: bytes, now: datetime) -> None:
    if len(_requests(workspace, digest, now - timedelta(days=1))) >= MOST_A_DAY:
        raise ValidationError(
            {"contact": _("This address was asked three times within a day. Try again later.")}
        )


def _refuse_unwanted(
    workspace: Workspace, contact: Contact, topic: str, digest: bytes, ip_address: str | None
) -> None:
    blocks = Suppression.objects.in_workspace(workspace).filter(
        channel=Channel.EMAIL, address_hash=digest, valid_to=None
    )
    reasons = set(blocks.values_list("reason", flat=True))
    if reasons - {SuppressionReason.UNSUBSCRIBED}:
        raise ValidationError({"contact": _("Nothing may be sent to this address.")})
    said = said_by(workspace, contact.pk)
    held = {said.get(""), said.get(topic)}
    if ConsentStatus.WITHDRAWN in held or reasons:
        if ip_address is None:
            raise ValidationError(
                {
                    "contact": _(
                        "This contact doesn't want e-mail. They are asked again only where they"
                        " ask for it themselves: give the IP address it came from."
                    )
                }
            )
    elif said.get(topic) == ConsentStatus.GRANTED and ConsentStatus.PENDING not in held:
        raise ValidationError({"contact": _("This contact has agreed already.")})


class ConfirmationState(StrEnum):
    """What the address in a letter is good for."""

    OPEN = "open"
    CONFIRMED = "confirmed"  # by this very request
    USED = "used"
    EXPIRED = "expired"
    GONE = "gone"  # the contact was erased, or has another address now


@dataclass(frozen=True)
class Confirmation:
    """A request for confirmation as its page shows it."""

    workspace: Workspace
    language: str
    state: ConfirmationState
    address: str = ""
    topic_name: str = ""


def confirmation_of(*, token: Token, now: datetime) -> Confirmation:
    """What the page of a letter's address says; changes nothing."""
    workspace = Workspace.objects.get(pk=token.workspace_id)
    with workspace_scope(workspace):
        requests = ConfirmationRequest.objects.in_workspace(workspace)
        asked = requests.filter(pk=token.recipient_id).first()
        return _shown(workspace, asked, state_of(workspace, asked, now))


def confirm(*, token: Token, caller: Caller, now: datetime) -> Confirmation:
    """The contact says that it was them: consent is given, once for each letter.

    Lifts the block of an earlier unsubscription, and no other. After an unsubscription from
    everything only what is confirmed is wanted again.
    """
    workspace = Workspace.objects.get(pk=token.workspace_id)
    with workspace_scope(workspace):
        requests = ConfirmationRequest.objects.in_workspace(workspace).select_for_update()
        asked = requests.filter(pk=token.recipient_id).first()
        state = state_of(workspace, asked, now)
        if asked is None or state != ConfirmationState.OPEN:
            return _shown(workspace, asked, state)
        lift_suppression(
            workspace=workspace,
            channel=Channel.EMAIL,
            address=asked.address,
            reason=SuppressionReason.UNSUBSCRIBED,
            now=now,
        )
        evidence = Evidence(asked.source, caller.address, asked.wording or CONFIRM_WORDING)
        for topic, status in _follows(workspace, asked).items():
            say(
                workspace=workspace,
                contact_id=asked.contact_id,
                topic=topic,
                status=status,
                evidence=evidence,
                now=now,
            )
        asked.confirmed_at, asked.next_at = now, None
        asked.save(update_fields=["confirmed_at", "next_at"])
        return _shown(workspace, asked, ConfirmationState.CONFIRMED)


def _follows(workspace: Workspace, asked: ConfirmationRequest) -> dict[str, ConsentStatus]:
    """What is said by confirming, by topic.

    What was said of everything holds for each topic, too, so that it has to be a yes; topics that
    were refused by it are refused by name, then.
    """
    says = {asked.topic: ConsentStatus.GRANTED}
    said = said_by(workspace, asked.contact_id)
    if asked.topic and said.get("") in {ConsentStatus.WITHDRAWN, ConsentStatus.PENDING}:
        says[""] = ConsentStatus.GRANTED
        for topic in offered_topics(workspace):
            if topic != asked.topic and said.get(topic) != ConsentStatus.GRANTED:
                says[topic] = ConsentStatus.WITHDRAWN
    return says


def state_of(
    workspace: Workspace, asked: ConfirmationRequest | None, now: datetime
) -> ConfirmationState:
    """What a request is good for, as far as it is there. Inside the workspace's scope."""
    if asked is None:
        return ConfirmationState.GONE
    if asked.confirmed_at is not None:
        return ConfirmationState.USED
    if asked.expires_at <= now:
        return ConfirmationState.EXPIRED
    people = Contact.objects.in_workspace(workspace).live().filter(pk=asked.contact_id)
    if not people.filter(email_key=email_key(asked.address)).exists():
        return ConfirmationState.GONE
    return ConfirmationState.OPEN


def _shown(
    workspace: Workspace, asked: ConfirmationRequest | None, state: ConfirmationState
) -> Confirmation:
    if asked is None:
        return Confirmation(workspace, workspace.language, state)
    return Confirmation(
        workspace=workspace,
        language=language_of(workspace, asked.contact_id),
        state=state,
        address=asked.address,
        topic_name=name_of_topic(workspace, asked.topic),
    )


def name_of_topic(workspace: Workspace, key: str) -> str:
    """As people see it; "" for everything."""
    topics = Topic.objects.in_workspace(workspace).filter(key=key)
    return topics.values_list("name", flat=True).first() or "" if key else ""
