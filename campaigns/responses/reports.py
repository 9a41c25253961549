"""Reading what mail servers send back: delivery reports (RFC 3464) and complaints (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime

from campaigns.responses.finding import Told
from campaigns.responses.outcomes import OutcomeKind, is_permanent

LONGEST = 2 * 1024 * 1024  # bytes that are looked at; originals with pictures come after
MOST_RECIPIENTS = 50  # of one report; ours go to one each

_TOKEN = re.compile(r"/m/u/([A-Za-z0-9_-]{48})")
_ADDRESS = re.compile(r"[^\s<>;,\"]{1,64}@[^\s<>;,\"]{1,255}")


@dataclass(frozen=True)
class Report:
    """One thing a message from a mail server says of one message of ours."""

    kind: OutcomeKind
    told: Told
    token: str = ""  # of the unsubscribe address in the headers that came back
    at: datetime | None = None
    status: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


def read_report(raw: bytes) -> list[Report]:
    """What a message says of messages of ours; nothing for anything but a report.

    Vacation notes, delays and confirmations of reading say nothing that matters here.
    """
    message = BytesParser(policy=policy.compat32).parsebytes(raw[:LONGEST])
    parts = {part.get_content_type(): part for part in message.walk()}
    returned = _returned_headers(parts)
    at = _date(message)
    if "message/delivery-status" in parts:
        return list(_delivery(parts["message/delivery-status"], returned, at))
    if "message/feedback-report" in parts:
        return list(_complaint(parts["message/feedback-report"], returned, at))
    return []


def _delivery(part: Message, returned: Message | None, at: datetime | None) -> Iterator[Report]:
    groups = _groups(part)
    for group in groups[1 : 1 + MOST_RECIPIENTS]:
        action = _first_word(group.get("Action"))
        status = str(group.get("Status") or "").strip()
        diagnostic = str(group.get("Diagnostic-Code") or "")
        # Whom it was sent to; servers that pass it on may name another.
        address = next(filter(None, map(_address, _named(group, returned))), "")
        kind = _kind(action, status, diagnostic)
        if kind is not None:
            told = Told(message_id=_message_id(returned), address=address)
            yield Report(kind, told, _token(returned), at, f"{status} {diagnostic}".strip()[:300])


def _named(group: Message, returned: Message | None) -> Iterator[object]:
    if returned is not None:
        yield returned.get("To")
    yield group.get("Original-Recipient")
    yield group.get("Final-Recipient")


def _kind(action: str, status: str, diagnostic: str) -> OutcomeKind | None:
    if action == "delivered":
        return OutcomeKind.DELIVERED
    if action != "failed":
        return None  # delayed, relayed: nobody knows yet
    # A general status is made precise by what the server before it said.
    general = status in {"", "5.0.0", "4.0.0"}
    answer = is_permanent(diagnostic) if general else None
    if answer is None:
        answer = is_permanent(status)
    return OutcomeKind.SOFT_BOUNCE if answer is False else OutcomeKind.HARD_BOUNCE


def _complaint(part: Message, returned: Message | None, at: datetime | None) -> Iterator[Report]:
    [fields, *_] = _groups(part) or [Message()]
    kind = _first_word(fields.get("Feedback-Type"))
    if kind in {"not-spam", "auth-failure", "dmarc"}:
        return
    address = _address(fields.get("Original-Rcpt-To"))
    if not address and returned is not None:
        address = _address(returned.get("To"))
    told = Told(message_id=_message_id(returned), address=address)
    is_opt_out = kind == "opt-out"
    found = OutcomeKind.UNSUBSCRIBED if is_opt_out else OutcomeKind.COMPLAINED
    yield Report(found, told, _token(returned), at)


def _groups(part: Message) -> list[Message]:
    """The groups of fields of a report; some servers send them as plain text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [group for group in payload if isinstance(group, Message)]
    decoded = part.get_payload(decode=True)
    text = decoded if isinstance(decoded, bytes) else str(payload).encode("utf-8", "replace")
    parser = BytesParser(policy=policy.compat32)
    blocks = re.split(rb"\r?\n\s*\r?\n", text.strip())
    return [parser.parsebytes(block + b"\n\n", headersonly=True) for block in blocks if block]


def _returned_headers(parts: Mapping[str, Message]) -> Message | None:
    """The headers of our message, as they came back with it."""
    whole = parts.get("message/rfc822")
    if whole is not None:
        inner = whole.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            return inner[0]
    headers = parts.get("text/rfc822-headers")
    if headers is None:
        return None
    decoded = headers.get_payload(decode=True)
    text = decoded if isinstance(decoded, bytes) else b""
    return BytesParser(policy=policy.compat32).parsebytes(text, headersonly=True)


def _token(returned: Message | None) -> str:
    if returned is None:
        return ""
    unfolded = re.sub(r"\s+", "", str(returned.get("List-Unsubscribe") or ""))
    found = _TOKEN.search(unfolded)
    return found[1] if found else ""


def _message_id(returned: Message | None) -> str:
    return "" if returned is None else str(returned.get("Message-ID") or "").strip()[:300]


def _address(value: object) -> str:
    """From `rfc822; <ann@example.org>`, or what servers make of it."""
    text = str(value or "").rpartition(";")[2]
    _name, plain = parseaddr(text.strip())
    if "@" in plain:
        return plain
    found = _ADDRESS.search(text)
    return found[0] if found else ""


def _first_word(value: object) -> str:
    words = str(value or "").replace(";", " ").split()
    return words[0].lower() if words else ""


def _date(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date") or ""))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None
