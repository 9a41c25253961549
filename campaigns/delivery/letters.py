"""A message as it leaves: who it is from and to, its headers, and its bytes."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.generator import BytesGenerator
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr
from io import BytesIO
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import forbid_multi_line_headers, sanitize_address

from campaigns.responses.tokens import Purpose, address
from workspaces.models import Workspace

LONGEST_SUBJECT = 300

_MESSAGES = uuid5(NAMESPACE_URL, "kohorta:messages")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True)
class Letter:
    """One message to one recipient. `key` is the same whenever it is tried again."""

    recipient_id: int
    message_id: str  # without its angle brackets
    key: str
    from_name: str
    from_email: str
    to: str
    subject: str
    html: str
    text: str
    date: datetime
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def message_key(*, run_id: int, contact_id: int) -> UUID:
    """Names the message of a run to a contact, however often it is tried."""
    return uuid5(_MESSAGES, f"{run_id}:{contact_id}")


def message_id(*, run_id: int, contact_id: int, from_email: str) -> str:
    """The Message-ID, without its angle brackets."""
    domain = from_email.rpartition("@")[2] or "localhost"
    return f"{message_key(run_id=run_id, contact_id=contact_id)}@{domain}"


def unsubscribe_headers(*, workspace: Workspace, recipient_id: int) -> dict[str, str]:
    """One-click unsubscribing (RFC 8058): one address, and that a POST to it is enough."""
    one_click = address(Purpose.UNSUBSCRIBE, workspace=workspace, recipient_id=recipient_id)
    return {
        "List-Unsubscribe": f"<{one_click}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def one_line(text: str, longest: int = LONGEST_SUBJECT) -> str:
    """Text for a header: no line breaks, no control characters, nothing that reads as encoded."""
    return _BREAKS.sub(" ", text).replace("=?", "= ?").strip()[:longest]


def as_bytes(letter: Letter) -> bytes:
    """The message with CRLF line ends, in seven bits, so that no server on its way changes it.

    Raises `BadHeaderError` where a header would hold a line break.
    """
    root = MIMEMultipart("alternative", boundary=f"=_{message_boundary(letter)}")
    del root["MIME-Version"]
    for name, value in headers_of(letter).items():
        safe_name, safe_value = forbid_multi_line_headers(name, value, "utf-8")
        root[safe_name] = safe_value
    root["MIME-Version"] = "1.0"
    root.attach(_part("plain", letter.text))
    root.attach(_part("html", letter.html))
    written = BytesIO()
    # Headers stay on one line where they fit: not every reader puts folded addresses together.
    BytesGenerator(written, mangle_from_=False, maxheaderlen=0).flatten(root)
    return _crlf(written.getvalue())


def headers_of(letter: Letter) -> dict[str, str]:
    """Every header but those about the body."""
    named = {
        "From": formataddr((one_line(letter.from_name), letter.from_email)),
        "To": letter.to,
        "Subject": one_line(letter.subject),
        "Date": format_datetime(letter.date),
        "Message-ID": f"<{letter.message_id}>",
    }
    if letter.reply_to:
        named["Reply-To"] = letter.reply_to
    return {**named, **letter.headers}


def as_django_message(letter: Letter) -> EmailMultiAlternatives:
    """The message for a mail backend of Django's."""
    headers = {"Message-ID": f"<{letter.message_id}>", **letter.headers}
    message = EmailMultiAlternatives(
        subject=one_line(letter.subject),
        body=letter.text,
        from_email=sanitize_address((one_line(letter.from_name), letter.from_email), "utf-8"),
        to=[letter.to],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers,
    )
    message.attach_alternative(letter.html, "text/html")
    return message


def message_boundary(letter: Letter) -> str:
    """The same each time: a repeated message has the same bytes."""
    return letter.key.replace("-", "")


def _part(kind: str, text: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", kind, charset="utf-8")
    del part["MIME-Version"]
    part["Content-Transfer-Encoding"] = "quoted-printable"
    body = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    part.set_payload(binascii.b2a_qp(body, istext=True).decode("ascii"))
    return part


def _crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
