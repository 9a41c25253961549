"""Letters that ask contacts to confirm: claimed in PostgreSQL, tried again while servers refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import structlog
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content import sandbox
from campaigns.delivery.letters import Letter
from campaigns.delivery.outcomes import AccountUnavailableError, Outcome, Result
from campaigns.delivery.plan import CannotSendError, Sender, account_for, sender_of
from campaigns.delivery.transports import send_one
from campaigns.frozen import sending_settings_of
from campaigns.models import ConfirmationRequest
from campaigns.responses.tokens import Purpose, address
from campaigns.services.confirming import ConfirmationState, name_of_topic, state_of
from campaigns.services.consenting import language_of
from workspaces.models import Workspace
from workspaces.tenancy import claimer_scope, workspace_scope

logger = structlog.get_logger(__name__)

# How long after each failed attempt the next one waits; after the last there is none.
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
HELD = timedelta(minutes=5)  # a worker that died with a letter is waited for as long
MOST = 50  # letters taken at a time

_LETTERS = uuid5(NAMESPACE_URL, "kohorta:confirmations")


def are_due(*, now: datetime) -> bool:
    """Whether a letter waits, in any workspace."""
    with claimer_scope():
        return ConfirmationRequest.objects.filter(next_at__lte=now).exists()


def send_due(*, clock: Callable[[], datetime]) -> int:
    """Send what is due, until there is nothing left; how many letters went out."""
    number_sent = 0
    while claimed := _claim(clock()):
        for asked in claimed:
            try:
                number_sent += _send(asked, clock)
            except Exception:  # one that can't be made doesn't keep the others waiting
                logger.exception("confirmation_not_sent", request_id=asked.pk)
    return number_sent


def _claim(now: datetime) -> list[ConfirmationRequest]:
    with claimer_scope():
        due = ConfirmationRequest.objects.filter(next_at__lte=now).order_by("next_at", "pk")
        claimed = list(due.select_for_update(skip_locked=True)[:MOST])
        for asked in claimed:
            asked.attempts += 1
            asked.next_at = now + HELD if asked.attempts <= len(WAITS) else None
            asked.save(update_fields=["attempts", "next_at"])
        return claimed


def _send(asked: ConfirmationRequest, clock: Callable[[], datetime]) -> bool:
    workspace = Workspace.objects.get(pk=asked.workspace_id)
    now = clock()
    with workspace_scope(workspace):
        if state_of(workspace, asked, now) != ConfirmationState.OPEN:
            _keep(workspace, asked, next_at=None)
            return False
        try:
            account = account_for(workspace=workspace, account_id=None)
            sender = _sender(workspace)
        except CannotSendError as error:
            _keep(workspace, asked, error=str(error)[:300], next_at=_next(asked, now))
            return False
        letter = _letter(workspace, asked, sender, now)
    try:
        outcome = send_one(account, letter, domain=sender.domain)
    except AccountUnavailableError as error:
        outcome = Outcome(Result.DEFERRED, str(error))
    now = clock()
    # What a server may have taken isn't sent again: asking twice would look like a mistake.
    is_out = outcome.result in {Result.SENT, Result.UNKNOWN}
    is_over = is_out or outcome.result == Result.FAILED
    with workspace_scope(workspace):
        _keep(
            workspace,
            asked,
            sent_at=now if is_out else None,
            error=outcome.error[:300],
            next_at=None if is_over else _next(asked, now),
        )
    return is_out


def _next(asked: ConfirmationRequest, now: datetime) -> datetime | None:
    return now + WAITS[asked.attempts - 1] if asked.attempts <= len(WAITS) else None


def _keep(
    workspace: Workspace,
    asked: ConfirmationRequest,
    *,
    next_at: datetime | None,
    error: str = "",
    sent_at: datetime | None = None,
) -> None:
    """What became of the attempt; a letter confirmed meanwhile stays done with."""
    requests = ConfirmationRequest.objects.in_workspace(workspace)
    requests.filter(pk=asked.pk, attempts=asked.attempts, confirmed_at=None).update(
        next_at=next_at, error=error, sent_at=sent_at
    )


def _sender(workspace: Workspace) -> Sender:
    usual = sending_settings_of(workspace.pk)
    return sender_of(
        workspace=workspace,
        name=usual.from_name or workspace.name,
        email=usual.from_email,
        reply_to="",
    )


def _letter(
    workspace: Workspace, asked: ConfirmationRequest, sender: Sender, now: datetime
) -> Letter:
    key = str(uuid5(_LETTERS, f"{workspace.pk}:{asked.pk}"))
    with translation.override(language_of(workspace, asked.contact_id)):
        context = {
            "workspace": workspace,
            "postal_address": sending_settings_of(workspace.pk).postal_address,
            "address": asked.address,
            "topic": name_of_topic(workspace, asked.topic),
            "url": address(Purpose.CONFIRM, workspace=workspace, recipient_id=asked.pk),
            "expires_at": asked.expires_at,
            "language": translation.get_language(),
        }
        return Letter(
            recipient_id=0,
            message_id=f"{key}@{sender.email.rpartition('@')[2]}",
            key=key,
            from_name=sender.name,
            from_email=sender.email,
            to=asked.address,
            subject=_("Please confirm your e-mail address for {name}").format(name=workspace.name),
            html=sandbox.lay_out(render_to_string("messages/letters/confirm.mjml", context)),
            text=render_to_string("messages/letters/confirm.txt", context),
            date=now,
        )
