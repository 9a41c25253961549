"""What contacts agreed to, and the addresses nothing may be sent to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.addresses import hash_address, phone_region, read_email, read_phone
from contacts.models import (
    AttributeValue,
    ChangeKind,
    Channel,
    ConsentStatus,
    Suppression,
    SuppressionReason,
)
from contacts.services import histories
from contacts.services.changes import touch_contacts
from contacts.services.labels import lock_contacts
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

# Which attribute holds the address of a channel.
ADDRESS_ATTRIBUTES = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.PHONE: "phone"}


def set_consent(
    *,
    workspace: Workspace,
    contact_ids: Iterable[int],
    channel: Channel,
    status: ConsentStatus,
    now: datetime,
    topic: str = "",
    source: str = "",
    ip_address: str | None = None,
    wording: str = "",
    observed_at: datetime | None = None,
) -> int:
    """Keep what contacts said about a channel and topic ("": everything). How many changed."""
    if len(topic) > 60 or len(source) > 60 or len(wording) > 200:
        raise ValidationError(_("Topic, source or wording is too long."))
    with workspace_scope(workspace):
        drafts = lock_contacts(workspace, contact_ids)
        histories.load_consents(workspace.pk, drafts)
        evidence = (source, ip_address, wording)
        at = min(observed_at or now, now)
        changed = [
            contact_id
            for contact_id, draft in drafts.items()
            if draft.state_consent((channel.value, topic), status.value, at, evidence)
        ]
        histories.write_consents(workspace.pk, drafts.values())
        touch_contacts(workspace=workspace, contact_ids=changed, kind=ChangeKind.CONSENT)
        return len(changed)


def suppress_address(
    *,
    workspace: Workspace,
    channel: Channel,
    address: str,
    reason: SuppressionReason,
    now: datetime,
    source: str = "",
) -> Suppression:
    """Block an address: nothing is sent to it, whoever has it. Only its hash is kept.

    Blocking it again for the same reason changes nothing. Raises `ValidationError`.
    """
    with workspace_scope(workspace):
        digest = address_digest(workspace=workspace, channel=channel, address=address)
        return suppress_digest(
            workspace=workspace,
            channel=channel,
            digest=digest,
            reason=reason,
            now=now,
            source=source,
        )


def suppress_digest(
    *,
    workspace: Workspace,
    channel: Channel,
    digest: bytes,
    reason: SuppressionReason,
    now: datetime,
    source: str = "",
) -> Suppression:
    """The same for an address known by its hash only."""
    with workspace_scope(workspace):
        found = Suppression.objects.in_workspace(workspace).filter(
            channel=channel, address_hash=digest, reason=reason, valid_to=None
        )
        Suppression.objects.bulk_create(
            [
                Suppression(
                    workspace=workspace,
                    channel=channel,
                    address_hash=digest,
                    reason=reason,
                    source=source[:60],
                    valid_from=now,
                )
            ]
            if not found.exists()
            else [],
            ignore_conflicts=True,
        )
        _touch_holders(workspace, digest)
        return found.get()


def lift_suppression(
    *,
    workspace: Workspace,
    channel: Channel,
    address: str,
    now: datetime,
    reason: SuppressionReason | None = None,
) -> int:
    """Unblock an address, for one reason or for all. How many blocks ended."""
    with workspace_scope(workspace):
        digest = address_digest(workspace=workspace, channel=channel, address=address)
        found = Suppression.objects.in_workspace(workspace).filter(
            channel=channel, address_hash=digest, valid_to=None
        )
        if reason is not None:
            found = found.filter(reason=reason)
        # A block of no length never was one.
        lifted = found.filter(valid_from__gte=now).delete()[0]
        lifted += found.filter(valid_from__lt=now).update(valid_to=now)
        _touch_holders(workspace, digest)
        return lifted


def address_digest(*, workspace: Workspace, channel: Channel, address: str) -> bytes:
    """The hash an address is known by. Raises `ValidationError`."""
    try:
        if channel == Channel.EMAIL:
            address = read_email(address)
        elif channel in (Channel.SMS, Channel.PHONE):
            address = read_phone(address, region=phone_region("", workspace))
    except ValueError as error:
        raise ValidationError({"address": str(error)}) from None
    if not address.strip():
        raise ValidationError({"address": _("Give an address.")})
    return hash_address(workspace=workspace, address=address)


def _touch_holders(workspace: Workspace, digest: bytes) -> None:
    holders = AttributeValue.objects.in_workspace(workspace).filter(address_hash=digest)
    ids = set(holders.values_list("contact_id", flat=True))
    touch_contacts(workspace=workspace, contact_ids=ids, kind=ChangeKind.CONSENT)
