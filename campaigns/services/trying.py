"""Test sends: a campaign as a contact would get it, to the people who make it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns.content.preview import Preview, preview
from campaigns.delivery.letters import Letter
from campaigns.delivery.outcomes import AccountUnavailableError, Result, Transporter
from campaigns.delivery.plan import CannotSendError, Sender, account_for, sender_of
from campaigns.delivery.transports import transport_for
from campaigns.documents import InvalidDocument
from campaigns.models import Campaign
from contacts.addresses import hash_address, read_email
from contacts.models import Channel, Suppression
from workspaces.audit import record_audit
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import workspace_scope

MOST_ADDRESSES = 10


def send_test(
    *,
    actor: Actor,
    campaign: Campaign,
    variant: int,
    contact_id: int | None,
    to: Sequence[str],
    now: datetime,
) -> int:
    """Send a variant to these addresses, made for the contact (None: for nobody in particular).

    Nothing is tracked or kept; to how many it went. Raises `ValidationError`, which says what is
    wrong with an address, the content, the account, or what the server answered.
    """
    require(actor, Action.SEND_CAMPAIGNS)
    with workspace_scope(actor.workspace):
        addresses = _addresses(actor, to)
        made = _made(actor, campaign, variant, contact_id, now)
        try:
            account = account_for(workspace=actor.workspace, account_id=campaign.account_id)
            sender = sender_of(
                workspace=actor.workspace,
                name=campaign.from_name,
                email=campaign.from_email,
                reply_to=campaign.reply_to,
            )
        except CannotSendError as error:
            raise ValidationError(str(error)) from error
        details = {"addresses": len(addresses), "variant": variant}
        record_audit(
            actor=actor, action="campaign.tested", subject=campaign, now=now, details=details
        )
    letters = [_letter(made, sender, address, now) for address in addresses]
    try:
        transport = transport_for(account, domain=sender.domain)
        _send(transport, letters)
    except AccountUnavailableError as error:
        raise ValidationError(str(error)) from error
    return len(letters)


def _send(transport: Transporter, letters: Sequence[Letter]) -> None:
    try:
        for letter in letters:
            [outcome] = transport.send([letter], key=letter.key)
            if outcome.result != Result.SENT:
                said = outcome.error or _("The server refused it.")
                raise ValidationError({"to": f"{letter.to}: {said}"})
    finally:
        transport.close()


def _made(
    actor: Actor, campaign: Campaign, variant: int, contact_id: int | None, now: datetime
) -> Preview:
    try:
        made = preview(
            workspace=actor.workspace,
            campaign=campaign,
            variant=variant,
            contact_id=contact_id,
            as_of=now,
        )
    except (InvalidDocument, LookupError) as error:
        raise ValidationError(_("There is no such message.")) from error
    if made.fault:
        raise ValidationError(made.fault)
    return made


def _addresses(actor: Actor, to: Sequence[str]) -> list[str]:
    if not 1 <= len(to) <= MOST_ADDRESSES:
        raise ValidationError({"to": _("Give one to ten addresses.")})
    try:
        found = list(dict.fromkeys(read_email(each) for each in to))
    except ValueError as error:
        raise ValidationError({"to": str(error)}) from error
    hashes = {hash_address(workspace=actor.workspace, address=each): each for each in found}
    blocked = (
        Suppression.objects.in_workspace(actor.workspace)
        .filter(channel=Channel.EMAIL, address_hash__in=list(hashes), valid_to=None)
        .values_list("address_hash", flat=True)
        .first()
    )
    if blocked is not None:
        text = _("%(address)s is blocked: nothing is sent to it.")
        raise ValidationError({"to": text % {"address": hashes[bytes(blocked)]}})
    return found


def _letter(made: Preview, sender: Sender, address: str, now: datetime) -> Letter:
    key = str(uuid4())
    return Letter(
        recipient_id=0,
        message_id=f"{key}@{sender.email.rpartition('@')[2]}",
        key=key,
        from_name=sender.name,
        from_email=sender.email,
        reply_to=sender.reply_to,
        to=address,
        subject=_("[Test] %(subject)s") % {"subject": made.subject},
        html=made.html,
        text=made.text,
        date=now,
    )
