"""Telling programs from people among those that open messages and follow links.

A mail proxy that fetches pictures when a person looks (Gmail's, Yahoo's) is a person; one that
fetches them whether or not anybody looks (Apple's privacy protection, scanners) is a machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

# Nobody reads a message, nor follows two of its links, as fast as this.
TOO_FAST = timedelta(seconds=2)

# Said in full: what Apple's privacy protection calls itself is how many agents begin.
_WHOLE_NAMES = frozenset({"", "mozilla/5.0", "mozilla/4.0", "mozilla", "outlook-ios-prefetch"})

_PARTS = re.compile(
    "|".join(
        (
            # Security gateways that look at messages before their recipients do.
            *("barracuda", "proofpoint", "mimecast", "messagelabs", "symantec", "trend ?micro"),
            *("fireeye", "trellix", "forcepoint", "ironport", "sophos", "bitdefender", "avast"),
            *("kaspersky", "zscaler", "checkpoint", "check point", "vade ?secure", "cloudmark"),
            *("safelinks", "ms-?defender", "avanan", "egress", "mailguard", "virustotal"),
            *("urlscan", "phish", "security ?scan", "antivirus"),
            # What fetches previews, copies and lists.
            *(r"bot\b", "bot/", "crawl", "spider", "slurp", "preview", "prefetch", "monitor"),
            *("facebookexternalhit", "whatsapp", "telegrambot", "embedly", "headless", "phantomjs"),
            # Programs that don't say more of themselves.
            *(r"\bcurl/", r"\bwget/", "python-", "aiohttp", "httpx", "go-http-client", r"\bjava/"),
            *("okhttp", "libwww", "httpclient", "guzzle", "axios", "node-fetch", r"\bruby\b"),
            # Gmail when it stores pictures as a message arrives; when they are shown, it is
            # GoogleImageProxy, and that is a person.
            r"chrome/42\.0\.2311\.135 safari/537\.36 edge/12\.246",
        )
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Caller:
    """What a request says of who makes it."""

    method: str
    agent: str = ""
    purpose: str = ""  # of `Sec-Purpose` and its like: "prefetch", "preview"
    address: str | None = None

    @property
    def is_machine(self) -> bool:
        """Whether the request itself tells that no person is behind it."""
        if self.method == "HEAD" or "prefetch" in self.purpose or "preview" in self.purpose:
            return True
        agent = self.agent.strip()[:1000]
        return agent.lower() in _WHOLE_NAMES or _PARTS.search(agent) is not None
