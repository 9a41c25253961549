"""Whose message a report from outside is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

from campaigns.delivery.letters import message_key
from campaigns.models import Recipient, RecipientState
from contacts.models import Channel
from contacts.services import address_digest
from workspaces.models import Workspace

# Nothing comes back of older messages.
REPORTED_WITHIN = timedelta(days=60)


@dataclass(frozen=True)
class Told:
    """What a report says of the message it is about."""

    provider_id: str = ""
    message_id: str = ""  # the header, with or without its angle brackets
    address: str = ""


def find_recipient(
    workspace: Workspace, told: Told, *, now: datetime, trusts_address: bool = False
) -> int | None:
    """The recipient a report is about, if it is one of ours.

    By the provider's own id, else by the Message-ID, which is made of the run and the contact.
    `trusts_address`: where neither helps, the address of a message whose sending has not been
    recorded (yet) does; only for reports that nobody can forge.
    """
    digest = _digest(workspace, told.address)
    if told.provider_id and (found := _by_provider(workspace, told.provider_id, digest)):
        return found
    if digest is None:
        return None
    sent = list(
        Recipient.objects.in_workspace(workspace)
        .filter(
            address_hash=digest,
            run__workspace_id=workspace.pk,
            run__scheduled_for__gt=now - REPORTED_WITHIN,
        )
        .exclude(state__in=(RecipientState.QUEUED, RecipientState.SKIPPED))
        .order_by("-pk")
        .only("workspace_id", "run_id", "contact_id", "state", "provider_id")[:200]
    )
    return _by_header(sent, told.message_id) or (_in_doubt(sent) if trusts_address else None)


def _by_provider(workspace: Workspace, provider_id: str, digest: bytes | None) -> int | None:
    plain = provider_id.strip("<>")
    found = list(
        Recipient.objects.in_workspace(workspace)
        .filter(provider_id__in={provider_id, plain, f"<{plain}>"})
        .values_list("pk", "address_hash")[:1_000]
    )
    if len(found) == 1:
        return int(found[0][0])
    # One id for a batch, as some providers have it: the address tells who of them.
    return next((pk for pk, known in found if known is not None and bytes(known) == digest), None)


def _by_header(sent: Sequence[Recipient], message_id: str) -> int | None:
    local = message_id.strip().strip("<>").partition("@")[0]
    for recipient in sent if local else ():
        if str(message_key(run_id=recipient.run_id, contact_id=recipient.contact_id)) == local:
            return recipient.pk
    return None


def _in_doubt(sent: Sequence[Recipient]) -> int | None:
    doubtful = (RecipientState.SENDING, RecipientState.UNKNOWN)
    found = [each.pk for each in sent if each.state in doubtful and not each.provider_id]
    return found[0] if len(found) == 1 else None


def _digest(workspace: Workspace, address: str) -> bytes | None:
    try:
        return address_digest(workspace=workspace, channel=Channel.EMAIL, address=address)
    except ValidationError:
        return None
