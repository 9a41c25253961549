"""Reading an account's bounce mailbox: what came back of messages sent by SMTP."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

import structlog
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns.delivery.network import PrivateAddressError, port_number, resolve_public
from campaigns.models import SendingAccount
from campaigns.responses.finding import find_recipient
from campaigns.responses.outcomes import Outcome, outcome_key, take_outcomes
from campaigns.responses.reports import LONGEST, Report, read_report
from campaigns.responses.tokens import Purpose, read
from workspaces.models import Workspace
from workspaces.secrets import UnreadableSecretError, unseal
from workspaces.tenancy import workspace_scope

_log = structlog.get_logger(__name__)

MOST_MESSAGES = 500  # at a time; the next reading goes on
TIMEOUT_SECONDS = 20


class MailboxError(Exception):
    """The mailbox can't be read; says why, for people."""


@dataclass(frozen=True)
class MailboxAddress:
    """Where a bounce mailbox is. `security`: "tls" from the first byte, or "starttls"."""

    host: str
    user: str
    password: str
    port: int = 993
    security: str = "tls"
    folder: str = "INBOX"


class Mailbox(Protocol):
    """A mailbox that is open."""

    def unseen(self, most: int) -> Iterator[tuple[str, bytes]]:
        """Name and bytes of each message nobody has seen, oldest first."""

    def mark_seen(self, name: str) -> None:
        """Nobody needs to look at it again."""


def read_bounces(*, account: SendingAccount, now: datetime) -> int:
    """Take what is new in the account's bounce mailbox; how many reports were new.

    A message is marked as seen once what it says is kept; what is read twice is kept once. Raises
    `MailboxError`.
    """
    workspace = Workspace.objects.get(pk=account.workspace_id)
    with opened_mailbox(mailbox_address(account)) as mailbox:
        new = take_mailbox(workspace=workspace, mailbox=mailbox, now=now)
    with workspace_scope(workspace):
        accounts = SendingAccount.objects.in_workspace(workspace)
        accounts.filter(pk=account.pk).update(bounces_read_at=now)
    return new


def take_mailbox(*, workspace: Workspace, mailbox: Mailbox, now: datetime) -> int:
    """Take every unseen message; each in a transaction of its own."""
    new = 0
    for name, raw in mailbox.unseen(MOST_MESSAGES):
        new += take_message(workspace=workspace, raw=raw, now=now)
        mailbox.mark_seen(name)
    return new


def take_message(*, workspace: Workspace, raw: bytes, now: datetime) -> int:
    """Keep what one message says of messages of ours; how much of it was new."""
    reports = read_report(raw)
    if not reports:
        return 0
    digest = sha256(raw).hexdigest()
    with workspace_scope(workspace):
        found = [
            _outcome(workspace, report, f"{digest}:{index}", now)
            for index, report in enumerate(reports)
        ]
        return take_outcomes(
            workspace=workspace,
            outcomes=[outcome for outcome in found if outcome is not None],
            now=now,
            source="bounce mailbox",
        )


def _outcome(workspace: Workspace, report: Report, name: str, now: datetime) -> Outcome | None:
    """Anybody can write to a mailbox: only who has the message itself can tell of it."""
    token = read(Purpose.UNSUBSCRIBE, report.token) if report.token else None
    if token is not None and token.workspace_id == workspace.pk:
        recipient_id: int | None = token.recipient_id
    else:
        recipient_id = find_recipient(workspace, report.told, now=now)
    if recipient_id is None:
        return None
    at = min(report.at or now, now)
    return Outcome(recipient_id, report.kind, at, outcome_key("mailbox", name))


def mailbox_address(account: SendingAccount) -> MailboxAddress:
    """Where the account's bounces arrive. Raises `MailboxError`."""
    try:
        said = unseal(account.bounce_mailbox or b"")
    except UnreadableSecretError as error:
        raise MailboxError(_("The mailbox's password can't be read; enter it again.")) from error
    if not said:
        raise MailboxError(_("The account has no bounce mailbox."))
    try:
        return read_mailbox_address(said)
    except ValidationError as error:
        raise MailboxError(" ".join(error.messages)) from error


def read_mailbox_address(said: Mapping[str, Any]) -> MailboxAddress:
    """A mailbox from JSON: host, port, user, password, security, folder. Raises
    `ValidationError` by field."""
    faults: dict[str, str] = {}
    for name in ("host", "user", "password"):
        value = said.get(name)
        if not isinstance(value, str) or not value.strip() or _has_breaks(value):
            faults[name] = _("This field is required.")
    port = str(said.get("port") or 993)
    if port_number(port) is None:
        faults["port"] = _("A port is a number from 1 to 65535.")
    security = said.get("security") or ("starttls" if port == "143" else "tls")
    if security not in {"tls", "starttls"}:
        faults["security"] = _("A bounce mailbox is read over TLS only.")
    folder = said.get("folder") or "INBOX"
    if not isinstance(folder, str) or _has_breaks(folder) or len(folder) > 200:
        faults["folder"] = _("This is no name of a folder.")
    if faults:
        raise ValidationError(dict(faults))
    return MailboxAddress(
        host=said["host"].strip(),
        user=said["user"].strip(),
        password=said["password"],
        port=int(port),
        security=security,
        folder=folder,
    )


def _has_breaks(text: str) -> bool:
    return any(ord(letter) < 32 for letter in text)


class ImapMailbox:
    """A mailbox on a server."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self._server = server

    def unseen(self, most: int) -> Iterator[tuple[str, bytes]]:
        found = _answer(self._server.uid("SEARCH", "UNSEEN"))
        names = found[0].decode("ascii").split() if found and found[0] else []
        for name in names[:most]:
            # PEEK leaves it unseen, and bytes beyond what is looked at stay where they are.
            told = _answer(self._server.uid("FETCH", name, f"(BODY.PEEK[]<0.{LONGEST}>)"))
            raw = next((part[1] for part in told if isinstance(part, tuple)), None)
            if raw is not None:
                yield name, raw

    def mark_seen(self, name: str) -> None:
        _answer(self._server.uid("STORE", name, "+FLAGS.SILENT", r"(\Seen)"))


class _AtAddress(imaplib.IMAP4):
    """Connects to an address that was looked up before; the certificate is the name's."""

    def __init__(self, where: MailboxAddress, context: ssl.SSLContext) -> None:
        self._where, self._context = where, context
        super().__init__(where.host, where.port, TIMEOUT_SECONDS)

    def _create_socket(self, timeout: float | None) -> Any:
        plain = socket.create_connection(
            (resolve_public(self._where.host, self._where.port), self._where.port), timeout
        )
        if self._where.security != "tls":
            return plain
        return self._context.wrap_socket(plain, server_hostname=self._where.host)


@contextmanager
def opened_mailbox(
    where: MailboxAddress, context: ssl.SSLContext | None = None
) -> Iterator[ImapMailbox]:
    """Sign in, and out again; `context` says which certificates are believed. Raises
    `MailboxError`."""
    context = context or ssl.create_default_context()
    server: imaplib.IMAP4 | None = None
    try:
        server = _AtAddress(where, context)
        if where.security == "starttls":
            server.starttls(ssl_context=context)
        server.login(where.user, where.password)
        _answer(server.select(_quoted(where.folder)))
        yield ImapMailbox(server)
    except PrivateAddressError as error:
        raise MailboxError(str(error)) from error
    except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise MailboxError(
            _("The bounce mailbox can't be read: {reason}").format(reason=reason)
        ) from error
    finally:
        if server is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _answer(told: tuple[str, Sequence[Any]]) -> Sequence[Any]:
    status, answer = told
    if status != "OK":
        raise imaplib.IMAP4.error(str(answer[:1]))
    return answer
