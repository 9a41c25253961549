"""Where a visit came from: (url, referrer) -> TrafficSource. Pure, table-driven.

Precedence (semantics 16): click ids of ad platforms, `utm_medium`, click ids that say nothing of
money, `utm_source`, the referrer's host, any other host = referral, none = direct. What is present
but not understood is "other", never "direct".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from contacts.text import key_of, normalise
from tracking.models import PAID_CHANNELS, TrafficChannel
from tracking.source_tables import (
    MEDIUMS,
    OTHER_CLICK_IDS,
    PAID_CLICK_IDS,
    PAID_WORDS,
    SOURCES,
    host_channels,
    payment_providers,
)

UTM_NAMES = ("source", "medium", "campaign", "term", "content")
_MAX_PARAMETERS = 100
_SEPARATORS = re.compile(r"[\s./\-+|]+")
# Subdomains under which a search engine is still a search engine.
_SEARCH_PREFIX = re.compile(r"(www[0-9]*|m|mobile|search|[a-z]{2}|cse)\Z")


@dataclass(frozen=True)
class TrafficSource:
    """Where a visit came from. Text is normalised and cut to the length of its index key."""

    channel: TrafficChannel
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    click_id: str = ""  # the parameter's name, not its value: "gclid"
    referrer_host: str = ""  # without "www."; empty for the shop's own hosts
    # The visitor came back from the shop's own page or from paying: no new source of traffic.
    is_continuation: bool = False

    @property
    def is_paid(self) -> bool:
        return self.channel in PAID_CHANNELS

    @property
    def has_utm(self) -> bool:
        return any(getattr(self, f"utm_{name}") for name in UTM_NAMES)


@dataclass(frozen=True)
class Address:
    """The parts of a URL or referrer that matter here."""

    host: str  # lower case, without "www."
    path: str
    query: str


def read_address(url: str | None) -> Address | None:
    """The address, or None for nothing or nonsense; a missing scheme is forgiven."""
    text = (url or "").strip()
    if not text or (text.startswith("/") and not text.startswith("//")):
        return None
    if "://" not in text[:40]:
        text = f"//{text.lstrip('/')}"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if not host or " " in host:
        return None
    return Address(host.removeprefix("www."), parts.path, parts.query)


def classify(
    url: str | None,
    referrer: str | None,
    *,
    own_hosts: Collection[str] = (),
    utm: Mapping[str, str] | None = None,
) -> TrafficSource:
    """The traffic source of a visit that landed on `url` from `referrer`.

    `own_hosts` are the shop's other hosts; that of `url` is always one. `utm` (names without
    "utm_") goes before the fields in the URL.
    """
    landing, origin = read_address(url), read_address(referrer)
    parameters = _parameters(landing)
    fields = {
        f"utm_{name}": _cut((utm or {}).get(name) or parameters.get(f"utm_{name}", ""))
        for name in UTM_NAMES
    }
    click_id, by_click = _click(parameters)
    is_own = _is_own(origin, landing, own_hosts)
    is_payment = origin is not None and _under(origin.host, payment_providers())
    has_origin = bool((referrer or "").strip()) and not is_own and not is_payment
    channel = (
        PAID_CLICK_IDS.get(click_id)
        or _by_utm_medium(fields["utm_medium"], fields["utm_source"])
        or by_click
        or SOURCES.get(_word(fields["utm_source"]))
        or (_by_host(origin) if has_origin else None)
    )
    if channel is None:
        known = is_own or (landing is not None and not has_origin and not is_payment)
        unmarked = not click_id and not any(fields.values())
        channel = TrafficChannel.DIRECT if known and unmarked else TrafficChannel.OTHER
    return TrafficSource(
        channel=channel,
        click_id=click_id,
        referrer_host=_cut(origin.host) if origin is not None and has_origin else "",
        is_continuation=(is_own or is_payment) and not click_id and not any(fields.values()),
        **fields,
    )


def _parameters(landing: Address | None) -> dict[str, str]:
    """Query parameters by lower-case name; the first of a repeated one counts."""
    if landing is None or not landing.query:
        return {}
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(landing.query, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        return {}
    for name, value in pairs:
        found.setdefault(name.lower(), value)
    return found


def _click(parameters: Mapping[str, str]) -> tuple[str, TrafficChannel | None]:
    for table in (PAID_CLICK_IDS, OTHER_CLICK_IDS):
        for name in table:
            if parameters.get(name):
                return name, table[name]
    return "", None


def _by_utm_medium(medium: str, source: str) -> TrafficChannel | None:
    word = _word(medium)
    if not word:
        return None
    if word in PAID_WORDS:
        return _paid(SOURCES.get(_word(source)), word)
    return MEDIUMS.get(word)


def _paid(source: TrafficChannel | None, word: str) -> TrafficChannel:
    """Clicks that were paid for, by where they were bought."""
    if source == TrafficChannel.ORGANIC_SOCIAL:
        return TrafficChannel.PAID_SOCIAL
    if source == TrafficChannel.ORGANIC_SEARCH:
        return TrafficChannel.PAID_SEARCH
    return source if source in PAID_CHANNELS and source else TrafficChannel.OTHER_PAID


def _by_host(origin: Address | None) -> TrafficChannel | None:
    if origin is None:
        return None
    table = host_channels()
    first = origin.path.strip("/").split("/")
    for depth in (2, 1):
        found = table.get("/".join([origin.host, *first[:depth]]))
        if found is not None and first[0]:
            return found
    labels = origin.host.split(".")
    for start in range(max(len(labels) - 1, 1)):
        found = table.get(".".join(labels[start:])) or table.get(".".join(["www", *labels[start:]]))
        if found is None:
            continue
        # docs.google.com isn't a search engine; pl.search.yahoo.com is one.
        is_search = found == TrafficChannel.ORGANIC_SEARCH
        if not is_search or all(_SEARCH_PREFIX.match(label) for label in labels[:start]):
            return found
    return TrafficChannel.REFERRAL


def _is_own(origin: Address | None, landing: Address | None, own_hosts: Collection[str]) -> bool:
    """The shop's own host, above or below the landing page's, or one it names."""
    if origin is None:
        return False
    own = {host.lower().removeprefix("www.") for host in own_hosts}
    if landing is not None:
        own.add(landing.host)
        if _under(landing.host, (origin.host,)) and "." in origin.host:
            return True
    return _under(origin.host, own)


def _under(host: str, parents: Collection[str]) -> bool:
    """Whether the host is one of these, or below one of them."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in parents for start in range(len(labels)))


def _word(value: str) -> str:
    return _SEPARATORS.sub("_", value.strip())


def _cut(value: str) -> str:
    return key_of(normalise(value.replace("\x00", "")))
