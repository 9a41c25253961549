"""UTM fields on links, so that visits from a message are known for what they are."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from django.conf import settings

from campaigns.documents import Utm

_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")
SAFE_SCHEMES = ("http:", "https:", "mailto:", "tel:")


def is_own(url: str) -> bool:
    """Whether it is one of our own addresses in messages: to unsubscribe and the like."""
    return url.startswith(f"{settings.BASE_URL.rstrip('/')}/m/")


def is_trackable(url: str) -> bool:
    """Whether clicks on it are counted: pages of shops, not addresses of ours."""
    return url.lower().startswith(("http://", "https://")) and not is_own(url)


def is_safe(url: str) -> bool:
    """Whether a link may lead there at all: nothing that is a program."""
    # What browsers ignore in front of and inside a scheme.
    plain = "".join(sign for sign in url if sign > " ").lower()
    return plain.startswith(SAFE_SCHEMES) or plain.startswith("#")


def with_utm(url: str, utm: Utm | None, campaign_name: str) -> str:
    """The link with the fields it doesn't have yet; its other parts stay as they are written."""
    if utm is None or not is_trackable(url):
        return url
    try:
        parts = urlsplit(url)
        present = {key.lower() for key, _value in parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError:
        return url
    fields = {
        "utm_source": utm.source,
        "utm_medium": utm.medium,
        "utm_campaign": utm.campaign or slug_of(campaign_name),
        "utm_term": utm.term,
        "utm_content": utm.content,
    }
    added = [
        f"{key}={quote(value)}" for key, value in fields.items() if value and key not in present
    ]
    query = "&".join(part for part in (parts.query, *added) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def slug_of(name: str) -> str:
    """A campaign's name as it stands in links: "Sale in May!" -> "sale-in-may"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_KEYS.sub("-", plain).strip("-")[:100] or "campaign"
