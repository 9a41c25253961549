"""What became of an attempt to send, and who attempts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from campaigns.delivery.letters import Letter


class Result(StrEnum):
    """How an attempt ended; the values are states of recipients."""

    SENT = "sent"
    DEFERRED = "deferred"  # not accepted; may be tried again
    FAILED = "failed"  # not accepted and never will be
    UNKNOWN = "unknown"  # the server may have accepted it


@dataclass(frozen=True)
class Outcome:
    """How the attempt with one letter ended."""

    result: Result
    error: str = ""
    provider_id: str = ""  # what the provider calls the message
    code: int = 0  # the server's answer: SMTP's or HTTP's
    bounced: bool = False  # the server says that there is no such mailbox
    is_repeatable: bool = False  # unknown, but its batch may be repeated with its key


class AccountUnavailableError(Exception):
    """The account can't be used now, whoever is written to; nothing was handed over."""

    def __init__(self, message: str, *, seconds: float = 30) -> None:
        super().__init__(message)
        self.seconds = seconds  # how long to leave it alone


class Transporter(Protocol):
    """A way out for letters. Not shared between threads; keeps its connection until `close`."""

    is_idempotent: bool  # recognises a repeated batch by its key: repeating can't send twice
    most: int  # letters at a time

    def send(self, letters: Sequence[Letter], *, key: str = "") -> list[Outcome]:
        """One outcome a letter, in order. `key` names the batch.

        Raises `AccountUnavailableError` when nothing was tried.
        """
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...
