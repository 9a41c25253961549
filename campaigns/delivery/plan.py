"""What a run is sent with, as it was when its audience was frozen."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.documents import InvalidDocument
from campaigns.frozen import settings_of
from campaigns.models import ConsentRule, Run, SenderDomain, SendingAccount
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


class CannotSendError(Exception):
    """A run can't be sent as it stands; the message says why to people."""


@dataclass(frozen=True)
class Sender:
    """Who a message is from."""

    name: str
    email: str
    reply_to: str = ""
    domain: SenderDomain | None = None  # whose key signs


@dataclass(frozen=True)
class Plan:
    """Everything that must be known of a run to send it."""

    workspace: Workspace
    run: Run
    account: SendingAccount
    sender: Sender
    topic: str  # its key; "": everything
    needs_grant: bool  # only who has given consent is written to


def plan_of(*, workspace: Workspace, run_id: int) -> Plan:
    """Raises `CannotSendError`, and `Run.DoesNotExist`."""
    with workspace_scope(workspace):
        run = Run.objects.in_workspace(workspace).get(pk=run_id)
        try:
            chosen = settings_of(run)
        except InvalidDocument as error:
            raise CannotSendError(str(error)) from error
        return Plan(
            workspace=workspace,
            run=run,
            account=account_for(workspace=workspace, account_id=chosen.account),
            sender=sender_of(
                workspace=workspace,
                name=chosen.from_name,
                email=chosen.from_email,
                reply_to=chosen.reply_to,
            ),
            topic=chosen.topic,
            needs_grant=chosen.consent_rule == ConsentRule.GRANTED,
        )


def account_for(*, workspace: Workspace, account_id: int | None) -> SendingAccount:
    """That account, or the workspace's default for None. Raises `CannotSendError`."""
    accounts = SendingAccount.objects.in_workspace(workspace).filter(archived_at=None)
    wanted = accounts.filter(pk=account_id) if account_id else accounts.filter(is_default=True)
    account = wanted.first()
    if account is None:
        raise CannotSendError(_("There is no account to send through."))
    return account


def sender_of(*, workspace: Workspace, name: str, email: str, reply_to: str) -> Sender:
    """Raises `CannotSendError` where there is no address."""
    if "@" not in email:
        raise CannotSendError(_("The campaign has no sender address."))
    domain = email.rpartition("@")[2].lower()
    domains = SenderDomain.objects.in_workspace(workspace)
    return Sender(name, email, reply_to, domains.filter(domain=domain).first())
