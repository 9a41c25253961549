"""Taking what mail providers tell of an account's messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent
from django.http import HttpRequest

from campaigns.models import Recipient, SendingAccount
from campaigns.responses.finding import Told, find_recipient
from campaigns.responses.outcomes import Outcome, outcome_key, take_outcomes
from campaigns.responses.providers import (
    ForgedWebhookError,
    confirm_subscription,
    event_name,
    has_webhook,
    kind_of,
    read_webhook,
)
from campaigns.responses.webhook_addresses import (
    WEBHOOK_USER,
    webhook_address,
    webhook_password,
)
from workspaces.models import Workspace
from workspaces.numbers import whole_number
from workspaces.secrets import UnreadableSecretError, unseal
from workspaces.tenancy import workspace_scope


def take_webhook(*, request: HttpRequest, workspace_id: int, key: str, now: datetime) -> int:
    """Check a provider's call and keep what it tells; how much of it was new.

    Raises `ForgedWebhookError` (for accounts that don't exist too), `UnreadableWebhookError`.
    """
    workspace = Workspace.objects.filter(pk=workspace_id).first()
    if workspace is None:
        raise ForgedWebhookError
    account, credentials = _account(workspace, key)
    password = webhook_password(workspace=workspace, account=account)
    events = read_webhook(
        request,
        transport=account.transport,
        credentials=credentials,
        password=f"{WEBHOOK_USER}:{password}",
        address=webhook_address(workspace=workspace, account=account),
        now=now,
    )
    if confirm_subscription(request, transport=account.transport):
        return 0
    return take_events(workspace=workspace, account=account, events=events, now=now)


def take_events(
    *,
    workspace: Workspace,
    account: SendingAccount,
    events: Sequence[AnymailTrackingEvent],
    now: datetime,
) -> int:
    """Keep what events say of messages of ours; how many were new."""
    with workspace_scope(workspace):
        found = [_outcome(workspace, account, event, now) for event in events]
        return take_outcomes(
            workspace=workspace,
            outcomes=[outcome for outcome in found if outcome is not None],
            now=now,
            source=f"webhook of {account.transport}",
        )


def _account(workspace: Workspace, key: str) -> tuple[SendingAccount, dict[str, Any]]:
    with workspace_scope(workspace):
        accounts = SendingAccount.objects.in_workspace(workspace).exclude(webhook_key="")
        account = accounts.filter(webhook_key=key, archived_at=None).first()
    if account is None or not has_webhook(account.transport):
        raise ForgedWebhookError
    try:
        return account, unseal(account.credentials) or {}
    except UnreadableSecretError as error:
        raise ForgedWebhookError from error


def _outcome(
    workspace: Workspace, account: SendingAccount, event: AnymailTrackingEvent, now: datetime
) -> Outcome | None:
    kind = kind_of(event, transport=account.transport)
    recipient_id = _recipient(workspace, event, now) if kind is not None else None
    if kind is None or recipient_id is None:
        return None
    at = event.timestamp if isinstance(event.timestamp, datetime) else now
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    name = event_name(event, transport=account.transport)
    return Outcome(recipient_id, kind, min(at, now), outcome_key(account.pk, *name))


def _recipient(workspace: Workspace, event: AnymailTrackingEvent, now: datetime) -> int | None:
    told = Told(
        provider_id=str(event.message_id or "")[:200],
        message_id=str(event.message_id or ""),
        address=str(event.recipient or ""),
    )
    found = find_recipient(workspace, told, now=now, trusts_address=True)
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    named = whole_number(str(metadata.get("recipient") or ""))
    if found is None and named is not None:
        recipients = Recipient.objects.in_workspace(workspace).filter(pk=named)
        found = recipients.values_list("pk", flat=True).first()
    return found
