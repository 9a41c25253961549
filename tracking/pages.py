"""Pages as they are compared: host/path?query without what only says where a visitor came from."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from contacts.text import normalise
from tracking.source_tables import OTHER_CLICK_IDS, PAID_CLICK_IDS
from tracking.sources import read_address

_CLICK_IDS = frozenset({*PAID_CLICK_IDS, *OTHER_CLICK_IDS})


def page_of(url: str) -> str:
    """`https://www.Shop.pl/a/?utm_source=x&size=m` -> `shop.pl/a?size=m`."""
    address = read_address(url)
    if address is None:
        return normalise(url)
    path = address.path.rstrip("/")
    query = _kept(address.query) if address.query else ""
    return normalise(address.host + path + (f"?{query}" if query else ""))


def _kept(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return query
    return urlencode(
        [
            (name, value)
            for name, value in pairs
            if not name.lower().startswith("utm_") and name.lower() not in _CLICK_IDS
        ]
    )
