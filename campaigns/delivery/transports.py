"""The way out for letters of an account."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.message import BadHeaderError
from django.utils.translation import gettext as _

from campaigns.delivery.letters import Letter, as_django_message
from campaigns.delivery.network import resolve_public
from campaigns.delivery.outcomes import (
    AccountUnavailableError,
    Outcome,
    Result,
    Transporter,
)
from campaigns.delivery.providers import Provider, ResendBatches, backend_of
from campaigns.delivery.smtp import Signature, Smtp, SmtpServer
from campaigns.models import SenderDomain, SendingAccount, Transport
from workspaces.secrets import UnreadableSecretError, unseal

__all__ = [
    "AccountUnavailableError",
    "Letter",
    "Outcome",
    "Result",
    "Transporter",
    "is_idempotent",
    "send_one",
    "transport_for",
]

_SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


class OtherBackend:
    """A `Transporter` through a mail backend of Django's that is not SMTP: a console, a file."""

    is_idempotent = False
    most = 1

    def __init__(self) -> None:
        self._connection = get_connection()

    def send(self, letters: Sequence[Letter], *, key: str = "") -> list[Outcome]:
        return [self._send(letter) for letter in letters]

    def close(self) -> None:
        self._connection.close()

    def _send(self, letter: Letter) -> Outcome:
        try:
            self._connection.send_messages([as_django_message(letter)])
        except BadHeaderError as error:
            return Outcome(Result.FAILED, str(error)[:300])
        except (smtplib.SMTPException, OSError) as error:
            return Outcome(Result.UNKNOWN, str(error)[:300])
        return Outcome(Result.SENT)


def is_idempotent(account: SendingAccount) -> bool:
    """Whether a batch of the account may be repeated with its key without being sent twice."""
    return account.transport == Transport.RESEND


def transport_for(account: SendingAccount, *, domain: SenderDomain | None = None) -> Transporter:
    """The way out for letters of an account, signed for the domain where that is ours to do.

    Raises `AccountUnavailableError` when the account's credentials can't be used.
    """
    given = credentials_of(account)
    transport = Transport(account.transport)
    if transport == Transport.INSTALLATION and settings.EMAIL_BACKEND != _SMTP_BACKEND:
        return OtherBackend()
    if transport in {Transport.INSTALLATION, Transport.SMTP}:
        server = _installation() if transport == Transport.INSTALLATION else server_of(given)
        smtp = Smtp(server, bounces_to=bounce_address(account))
        smtp.signature = _signature(domain)
        return smtp
    backend = backend_of(transport, given)
    return ResendBatches(backend) if transport == Transport.RESEND else Provider(backend)


def send_one(
    account: SendingAccount, letter: Letter, *, domain: SenderDomain | None = None
) -> Outcome:
    """Send one letter outside of any run. Raises `AccountUnavailableError`."""
    transport = transport_for(account, domain=domain)
    try:
        [outcome] = transport.send([letter], key=letter.key)
    finally:
        transport.close()
    return outcome


def credentials_of(account: SendingAccount) -> dict[str, Any]:
    """What was stored for the account, in the clear. Raises `AccountUnavailableError`."""
    try:
        return dict(unseal(account.credentials) or {})
    except UnreadableSecretError as error:
        raise AccountUnavailableError(
            _("The stored password can't be read any more; give it again."), seconds=300
        ) from error


def bounce_address(account: SendingAccount) -> str:
    """Where bounces of the account go: its bounce mailbox, if it has one."""
    try:
        mailbox = unseal(account.bounce_mailbox) if account.bounce_mailbox else None
    except UnreadableSecretError:
        return ""
    address = (mailbox or {}).get("address") or (mailbox or {}).get("user") or ""
    return str(address) if "@" in str(address) else ""


def server_of(given: dict[str, Any]) -> SmtpServer:
    """An SMTP server as a workspace has named it."""
    security = given.get("security", "starttls")
    return SmtpServer(
        host=str(given.get("host", "")),
        port=int(given.get("port") or 587),
        security=security if security in {"none", "starttls", "tls"} else "starttls",
        user=str(given.get("user", "")),
        password=str(given.get("password", "")),
        resolve=resolve_public,
    )


def _installation() -> SmtpServer:
    return SmtpServer(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        security="tls"
        if settings.EMAIL_USE_SSL
        else "starttls"
        if settings.EMAIL_USE_TLS
        else "none",
        user=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
    )


def _signature(domain: SenderDomain | None) -> Signature | None:
    if domain is None:
        return None
    try:
        private_key = unseal(domain.private_key)
    except UnreadableSecretError as error:
        raise AccountUnavailableError(
            _("The domain's key can't be read any more; remove the domain and add it again."),
            seconds=300,
        ) from error
    return Signature(domain.domain, domain.selector, private_key) if private_key else None
