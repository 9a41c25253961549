"""What a sender's domain has to say in DNS, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dns.exception
import dns.resolver
from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.models import RecordStatus, SenderDomain

SECONDS = 5.0
LONGEST_TEXT = 255  # of one string of a TXT record

# Texts of the TXT records at a name; none where there are none. Raises `DnsUnavailableError`.
Resolver = Callable[[str], Sequence[str]]


class DnsUnavailableError(Exception):
    """The question could not be answered now; nothing is known."""


@dataclass(frozen=True)
class Record:
    """A TXT record to publish."""

    kind: str  # spf, dkim, dmarc
    name: str
    value: str
    why: str

    @property
    def strings(self) -> list[str]:
        """The value as zone files need it."""
        return [
            self.value[start : start + LONGEST_TEXT]
            for start in range(0, len(self.value), LONGEST_TEXT)
        ]


@dataclass(frozen=True)
class Found:
    """What DNS says of a domain: a status and the texts, by kind."""

    spf: tuple[RecordStatus, list[str]]
    dkim: tuple[RecordStatus, list[str]]
    dmarc: tuple[RecordStatus, list[str]]


def records_for(domain: SenderDomain) -> list[Record]:
    """What to put into DNS for a domain."""
    include = settings.SPF_INCLUDE
    sender = f"include:{include}" if include else "a mx"
    return [
        Record(
            "dkim",
            f"{domain.selector}._domainkey.{domain.domain}",
            f"v=DKIM1; k=rsa; p={domain.public_key}",
            _("Receivers check with it that a message is yours and unchanged."),
        ),
        Record(
            "spf",
            domain.domain,
            f"v=spf1 {sender} ~all",
            _("Names the servers that send for you. Add to the record you have: one only."),
        ),
        Record(
            "dmarc",
            f"_dmarc.{domain.domain}",
            "v=DMARC1; p=none",
            _("Says what becomes of messages that fail; large mailbox providers demand one."),
        ),
    ]


def look_up(domain: SenderDomain, resolve: Resolver) -> Found:
    """What DNS says now. Raises `DnsUnavailableError`."""
    name = domain.domain
    return Found(
        spf=_judge_spf(resolve(name)),
        dkim=_judge_dkim(resolve(f"{domain.selector}._domainkey.{name}"), domain.public_key),
        dmarc=_judge_dmarc(_dmarc_texts(name, resolve)),
    )


def resolve_txt(name: str) -> list[str]:
    """Texts of TXT records, as the system's resolvers say. Raises `DnsUnavailableError`."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise DnsUnavailableError(str(error)[:200]) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _judge_spf(texts: Sequence[str]) -> tuple[RecordStatus, list[str]]:
    found = [text for text in texts if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]
    if not found:
        return RecordStatus.MISSING, []
    terms = found[0].lower().split()[1:]
    include = settings.SPF_INCLUDE
    is_open = any(term in {"+all", "all", "?all"} for term in terms)
    names_us = not include or f"include:{include.lower()}" in terms
    ok = len(found) == 1 and not is_open and names_us
    return (RecordStatus.OK if ok else RecordStatus.WRONG), found


def _judge_dkim(texts: Sequence[str], public_key: str) -> tuple[RecordStatus, list[str]]:
    found = [text for text in texts if "p=" in text]
    if not found:
        return RecordStatus.MISSING, []
    tags = _tags(found[0])
    ours = "".join(tags.get("p", "").split()) == public_key
    ok = len(found) == 1 and ours and tags.get("k", "rsa") == "rsa"
    return (RecordStatus.OK if ok else RecordStatus.WRONG), found


def _judge_dmarc(texts: Sequence[str]) -> tuple[RecordStatus, list[str]]:
    found = [text for text in texts if re.match(r"v=DMARC1\s*(;|$)", text)]
    if not found:
        return RecordStatus.MISSING, []
    ok = len(found) == 1 and _tags(found[0]).get("p") in {"none", "quarantine", "reject"}
    return (RecordStatus.OK if ok else RecordStatus.WRONG), found


def _dmarc_texts(name: str, resolve: Resolver) -> Sequence[str]:
    """Of the domain, or of the one above that stands for it."""
    labels = name.split(".")
    for start in range(max(len(labels) - 1, 1)):
        texts = resolve("_dmarc." + ".".join(labels[start:]))
        if any(text.startswith("v=DMARC1") for text in texts):
            return texts
    return []


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
