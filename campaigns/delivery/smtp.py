"""SMTP, one message at a time on a connection that is kept, knowing how far each attempt got."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings

from campaigns.delivery import dkim
from campaigns.delivery.letters import Letter, as_bytes
from campaigns.delivery.outcomes import AccountUnavailableError, Outcome, Result
from campaigns.responses.outcomes import is_permanent

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30
MOST_A_CONNECTION = 500  # then a new one: servers don't like them endless

_READY = 220
_SERVICE_GOES_AWAY = 421


@dataclass(frozen=True)
class Signature:
    """Whose key signs, in the clear."""

    domain: str
    selector: str
    private_key: str


@dataclass(frozen=True)
class SmtpServer:
    """Where to connect. `resolve` gives the address for the name (and may refuse it)."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password: str = ""
    resolve: Callable[[str, int], str] | None = None


class _Connection(smtplib.SMTP):
    """Connects to the resolved address, and speaks of the server by its name."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        name = urlsplit(settings.BASE_URL).hostname or "localhost"
        super().__init__(local_hostname=name, timeout=CONNECT_SECONDS)
        code, answer = self.connect(server.host, server.port)
        if code != _READY:
            self.close()
            raise smtplib.SMTPConnectError(code, answer)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        resolve = self._server.resolve
        address = resolve(host, port) if resolve is not None else host
        # smtplib's own, which typeshed doesn't name.
        found = super()._get_socket(address, port, timeout)  # type: ignore[misc]
        self._host = host
        if self._server.security == "tls":
            return _context().wrap_socket(found, server_hostname=host)
        return found


class Smtp:
    """A `Transporter` over SMTP."""

    is_idempotent = False
    most = 1

    def __init__(self, server: SmtpServer, *, bounces_to: str = "") -> None:
        self._server = server
        self._bounces_to = bounces_to
        self._connection: _Connection | None = None
        self._sent = 0
        self.signature: Signature | None = None

    def send(self, letters: Sequence[Letter], *, key: str = "") -> list[Outcome]:
        return [self._send(letter) for letter in letters]

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                _wait(connection, 2)
                connection.quit()
            connection.close()

    def _send(self, letter: Letter) -> Outcome:
        try:
            content = self._signed(as_bytes(letter))
            to = _ascii_address(letter.to)
            sender = _ascii_address(self._bounces_to or letter.from_email)
        except ValueError as error:  # a line break in a header, a name no server knows
            return Outcome(Result.FAILED, str(error)[:300])
        connection = self._connected()
        try:
            refusal = _address(connection, sender, to, len(content))
        except (smtplib.SMTPException, OSError) as error:
            # Nothing of the content is there yet: it may be tried again.
            self._drop()
            return Outcome(Result.DEFERRED, _said(error))
        if refusal is not None:
            self._after_refusal(refusal)
            return refusal
        return self._hand_over(connection, content)

    def _hand_over(self, connection: _Connection, content: bytes) -> Outcome:
        try:
            connection.send(_dotted(content))
            code, answer = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Outcome(Result.UNKNOWN, _said(error))
        outcome = _judged(code, answer)
        if outcome is None:
            self._sent += 1
            if self._sent >= MOST_A_CONNECTION:
                self.close()
            return Outcome(Result.SENT, code=code)
        self._after_refusal(outcome)
        return outcome

    def _signed(self, content: bytes) -> bytes:
        if self.signature is None:
            return content
        return dkim.sign(
            content,
            domain=self.signature.domain,
            selector=self.signature.selector,
            private_key=self.signature.private_key,
        )

    def _connected(self) -> _Connection:
        """The kept connection, or a new one. Raises `AccountUnavailableError`."""
        if self._connection is not None:
            return self._connection
        try:
            self._connection = _connect(self._server)
        except smtplib.SMTPAuthenticationError as error:
            raise AccountUnavailableError(_said(error), seconds=300) from error
        except (smtplib.SMTPException, OSError) as error:
            raise AccountUnavailableError(_said(error)) from error
        self._sent = 0
        return self._connection

    def _after_refusal(self, outcome: Outcome) -> None:
        if outcome.code == _SERVICE_GOES_AWAY or self._connection is None:
            self._drop()
            return
        try:
            self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _connect(server: SmtpServer) -> _Connection:
    connection = _Connection(server)
    try:
        connection.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            connection.starttls(context=_context())
            connection.ehlo()
        if server.user:
            connection.login(server.user, server.password)
        _wait(connection, ANSWER_SECONDS)
    except BaseException:
        connection.close()
        raise
    return connection


def _wait(connection: _Connection, seconds: float) -> None:
    """How long from now on to wait for an answer."""
    if connection.sock is not None:
        connection.sock.settimeout(seconds)


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _address(connection: _Connection, sender: str, to: str, size: int) -> Outcome | None:
    """Everything before the content; the refusal, if there is one."""
    options = [f"SIZE={size}"] if connection.has_extn("size") else []
    steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
        lambda: connection.mail(sender, options),
        lambda: connection.rcpt(to),
        lambda: connection.docmd("DATA"),
    )
    for step in steps:
        refusal = _judged(*step())
        if refusal is not None:
            return refusal
    return None


def _judged(code: int, answer: bytes) -> Outcome | None:
    """The refusal an answer means; None for consent."""
    if 200 <= code < 400:
        return None
    text = answer.decode("utf-8", "replace")
    error = f"{code} {' '.join(text.split())}"[:400]
    if 400 <= code < 500:
        return Outcome(Result.DEFERRED, error, code=code)
    if code < 0:  # nothing came
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    return Outcome(Result.FAILED, error, code=code, bounced=bool(is_permanent(error)))


def _dotted(content: bytes) -> bytes:
    body = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", body) + b".\r\n"


def _ascii_address(address: str) -> str:
    """The envelope's form of an address. Raises `ValueError`."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain or re.search(r"[\s<>\x00-\x1f\x7f]", address.strip()):
        raise ValueError(f"Not an address: {address[:100]!r}")
    local.encode("ascii")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _said(error: Exception) -> str:
    """What a server or the network said, for people."""
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        return f"{error.smtp_code} {' '.join(said.split())}"[:400]
    return f"{type(error).__name__}: {error}"[:400]
