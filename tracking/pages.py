"""Pages as they are compared: host/path?query without what only says where a visitor came from."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from contacts.text import normalise
from tracking.source_tables import OTHER_CLICK_IDS, PAID_CLICK_IDS
from tracking.sources import read_address

_CLICK_IDS = frozenset({*PAID_CLICK_IDS, *OTHER_CLICK_IDS})


def page_of(url: str) -> str:
    """`https://www.Shop.pl/a/?utm_source=x&size=m` -> `shop.pl/a?size=m`, decoded."""
    query = _kept(url)
    return place_of(url) + (f"?{query}" if query else "")


def place_of(url: str) -> str:
    """The page without its query."""
    address = read_address(url)
    if address is None:
        return _normalised(url)
    return _normalised(address.host + address.path.rstrip("/"))


def _kept(url: str) -> str:
    address = read_address(url)
    if address is None or not address.query:
        return ""
    try:
        pairs = parse_qsl(address.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return _normalised(address.query)
    return _normalised(
        "&".join(
            f"{name}={value}"
            for name, value in pairs
            if not name.lower().startswith("utm_") and name.lower() not in _CLICK_IDS
        )
    )


def _normalised(text: str) -> str:
    # "%00" becomes a NUL, which the database can't store.
    return normalise(unquote(text).replace("\x00", ""))
