"""A shop's facts as numpy arrays: skewed and seasonal like a real one's, the same for a seed.

Instants are microseconds since 1970. Facts of a kind stand in the order of time, as they would
have been recorded. Contacts have the numbers 1 … n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.bench import names

Ints = npt.NDArray[Any]

AS_OF = datetime(2026, 6, 17, 10, tzinfo=UTC)  # a Wednesday
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
NOW = int(AS_OF.timestamp()) * SECOND
DAYS = 730
BEGINNING = NOW - DAYS * DAY

# A contact has on average so many of each; visits, page views and activities are 20 together.
TAGS, TRANSACTIONS, LINES = 2.35, 5, 10
VISITS, PAGE_VIEWS, ACTIVITIES = 10, 7, 3
MESSAGES, OPENS, CLICKS, BOUNCES, UNSUBSCRIBES = 7.2, 2.2, 0.5, 0.07, 0.03  # events: 10

TAG_COUNT, CITY_COUNT, BRAND_COUNT, CATEGORY_COUNT, PAGE_COUNT = 60, 300, 120, 30, 200
MAX_PRODUCTS = 20_000


@dataclass(frozen=True)
class Shop:
    """One workspace's facts; each mapping is a table of columns of equal length."""

    size: int
    contacts: Mapping[str, Ints]
    tags: Mapping[str, Ints]
    products: Mapping[str, Ints]
    visits: Mapping[str, Ints]
    page_views: Mapping[str, Ints]
    activities: Mapping[str, Ints]
    transactions: Mapping[str, Ints]
    lines: Mapping[str, Ints]
    messages: Mapping[str, Ints]
    message_events: Mapping[str, Ints]

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        tables = {name: table for name, table in vars(self).items() if name != "size"}
        return {name: len(next(iter(table.values()))) for name, table in tables.items()}


def generate_shop(size: int, *, seed: int, number: int = 0) -> Shop:
    """The shop with so many contacts; `number` tells shops of one seed apart."""
    rng = np.random.default_rng([seed, number])
    draw = _Draw(rng, size)
    products = _products(rng, size)
    visits = _visits(draw)
    transactions, lines = _transactions(draw, visits, products)
    messages, message_events = _messages(draw)
    page_views = _page_views(draw, visits, len(products["price"]))
    facts = {
        "visits": {**visits, "pages": np.bincount(page_views["visit"], minlength=size * VISITS)},
        "page_views": page_views,
        "activities": _activities(draw),
        "transactions": transactions,
        "lines": lines,
        "messages": messages,
        "message_events": message_events,
    }
    contacts = _contacts(rng, size, facts)
    return Shop(size, contacts, _tags(draw, contacts), products, **facts)


class _Draw:
    """Who and when: some contacts are far busier than others, and so are some days."""

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.rng = rng
        self.size = size
        self.busyness = np.cumsum(rng.lognormal(0.0, 1.1, size))
        self.hours = _share_of_hours()

    def number_of(self, average: float) -> int:
        return round(average * self.size)

    def contacts(self, count: int) -> Ints:
        """Contact numbers, the busy ones often."""
        picks = self.rng.random(count) * self.busyness[-1]
        found = np.searchsorted(self.busyness, picks).astype(np.int32)
        return np.minimum(found, self.size - 1) + np.int32(1)

    def instants(self, count: int) -> Ints:
        """Instants in order."""
        by_hour = self.rng.multinomial(count, self.hours)
        starts = BEGINNING + np.arange(DAYS * 24, dtype=np.int64) * HOUR
        return np.sort(np.repeat(starts, by_hour) + self.rng.integers(0, HOUR, count))


def _share_of_hours() -> npt.NDArray[np.float64]:
    """Growth over the years, the peak before Christmas, weekends, evenings."""
    hours = np.arange(DAYS * 24)
    instants = BEGINNING // HOUR + hours
    days = hours / 24
    year_day = (BEGINNING / DAY + days) % 365.25
    season = 1 + 0.45 * np.cos((year_day - 340) / 365.25 * 2 * np.pi)
    weekday = np.array([1.0, 0.9, 0.9, 1.0, 1.1, 1.3, 1.2])[((instants // 24) + 3) % 7]
    hour = 0.15 + np.exp(-(((instants % 24) - 18) ** 2) / 30)
    share: npt.NDArray[np.float64] = np.exp(days * 0.0007) * season * weekday * hour
    return share / share.sum()


def zipf_shares(count: int, *, flatness: float = 5.0) -> npt.NDArray[np.float64]:
    """Popularity by rank."""
    shares: npt.NDArray[np.float64] = 1 / (np.arange(count) + flatness)
    return shares / shares.sum()


def _codes(rng: np.random.Generator, shares: Any, count: int, dtype: Any = np.uint8) -> Ints:
    """Positions drawn by their shares."""
    edges = np.cumsum(shares)
    edges[-1] = 1.0
    return np.searchsorted(edges, rng.random(count), side="right").astype(dtype)


def _products(rng: np.random.Generator, size: int) -> dict[str, Ints]:
    count = min(max(size // 50, 300), MAX_PRODUCTS)
    brands = _codes(rng, zipf_shares(BRAND_COUNT), count)
    brands[:BRAND_COUNT] = np.arange(BRAND_COUNT)
    return {
        "brand": brands,
        "category": _codes(rng, zipf_shares(CATEGORY_COUNT), count),
        "price": np.maximum(rng.lognormal(8.1, 0.8, count), 199).astype(np.int64),  # cents
    }


def _visits(draw: _Draw) -> dict[str, Ints]:
    count = draw.number_of(VISITS)
    at = draw.instants(count)
    channel = _codes(draw.rng, list(names.CHANNEL_SHARES.values()), count)
    is_tagged = np.isin(names.CHANNELS, names.TAGGED_CHANNELS)[channel]
    # A new campaign every week, most of its visits in the first weeks.
    week = ((at - BEGINNING) // WEEK + 1).astype(np.int16)
    campaign = np.maximum(week - (draw.rng.geometric(0.4, count) - 1).astype(np.int16), 1)
    return {
        "contact": draw.contacts(count),
        "at": at,
        "channel": channel,
        "campaign": np.where(is_tagged, campaign, 0).astype(np.int16),
        "duration": draw.rng.integers(5, 1200, count).astype(np.int32),
        "device": _codes(draw.rng, (0.62, 0.33, 0.05), count),
        "country": _codes(draw.rng, (0.7, 0.1, 0.06, 0.06, 0.04, 0.04), count),
    }


def _page_views(draw: _Draw, visits: Mapping[str, Ints], product_count: int) -> dict[str, Ints]:
    count = draw.number_of(PAGE_VIEWS)
    visit = np.sort(draw.rng.integers(0, len(visits["at"]), count).astype(np.int32))
    first = np.searchsorted(visit, visit)  # of its visit
    position = (np.arange(count) - first).astype(np.int32)
    at = visits["at"][visit] + position * draw.rng.integers(10 * SECOND, MINUTE, count)
    product = _codes(draw.rng, zipf_shares(product_count), count, np.int32)
    is_product = draw.rng.random(count) < 0.6
    return {
        "visit": visit,
        "contact": visits["contact"][visit],
        "at": np.minimum(at, NOW - 1),
        "position": position,
        "product": np.where(is_product, product, -1),
        "page": draw.rng.integers(0, PAGE_COUNT, count).astype(np.int16),
    }


def _activities(draw: _Draw) -> dict[str, Ints]:
    count = draw.number_of(ACTIVITIES)
    return {
        "contact": draw.contacts(count),
        "at": draw.instants(count),
        "kind": _codes(draw.rng, names.ACTIVITY_SHARES, count),
    }


def _transactions(
    draw: _Draw, visits: Mapping[str, Ints], products: Mapping[str, Ints]
) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """Six in ten follow from a visit and have its source; of the others the shop knows some."""
    rng, count = draw.rng, draw.number_of(TRANSACTIONS)
    followed = draw.number_of(TRANSACTIONS * 0.6)
    visit = rng.permutation(len(visits["at"]))[:followed].astype(np.int32)
    others = count - followed
    given = _codes(rng, list(names.CHANNEL_SHARES.values()), others)
    given[rng.random(others) < 0.4] = names.UNKNOWN
    after = visits["at"][visit] + rng.integers(MINUTE, 40 * MINUTE, followed)
    at = np.minimum(np.concatenate([after, draw.instants(others)]), NOW - 1)
    order = np.argsort(at, kind="stable")
    nowhere = np.full(others, -1, dtype=np.int32)
    transactions = {
        "contact": np.concatenate([visits["contact"][visit], draw.contacts(others)])[order],
        "at": at[order],
        "visit": np.concatenate([visit, nowhere])[order],
        "channel": np.concatenate([visits["channel"][visit], given])[order],
        "campaign": np.concatenate([visits["campaign"][visit], np.zeros(others, np.int16)])[order],
        "kind": _codes(rng, (0.94, 0.06), count),
        "status": _codes(rng, names.STATUS_SHARES, count),
    }
    lines = _lines(draw, count, products)
    transactions["amount"] = np.bincount(
        lines["transaction"], weights=lines["amount"], minlength=count
    ).astype(np.int64)
    return transactions, lines


def _lines(draw: _Draw, transactions: int, products: Mapping[str, Ints]) -> dict[str, Ints]:
    """Every transaction has one line, and the others fall where they fall."""
    rng, count = draw.rng, draw.number_of(LINES)
    extra = rng.integers(0, transactions, count - transactions)
    transaction = np.sort(np.concatenate([np.arange(transactions), extra])).astype(np.int32)
    first = np.searchsorted(transaction, transaction)
    product = _codes(rng, zipf_shares(len(products["price"])), count, np.int32)
    quantity = _codes(rng, (0.02, 0.8, 0.14, 0.04), count)  # 0: refunded in full
    discount = np.where(rng.random(count) < 0.25, 0.85, 1.0)
    amount = np.round(products["price"][product] * quantity * discount).astype(np.int64)
    return {
        "transaction": transaction,
        "number": (np.arange(count) - first + 1).astype(np.int32),
        "product": product,
        "quantity": quantity,
        "amount": amount,
    }


def _messages(draw: _Draw) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """Newsletters every three days, each to some; what became of them."""
    rng, count = draw.rng, draw.number_of(MESSAGES)
    send = np.sort(rng.integers(0, DAYS // 3, count))
    sent_at = BEGINNING + send * (3 * DAY) + 9 * HOUR + rng.integers(0, 2 * HOUR, count)
    willing = np.cumsum(np.where(rng.random(draw.size) < 0.75, rng.lognormal(0, 0.5, draw.size), 0))
    contact = np.searchsorted(willing, rng.random(count) * willing[-1], side="right") + 1
    messages = {
        "contact": np.minimum(contact, draw.size).astype(np.int32),
        "at": sent_at,
        "send": send.astype(np.int16),
    }
    return messages, _message_events(draw, messages)


def _message_events(draw: _Draw, messages: Mapping[str, Ints]) -> dict[str, Ints]:
    rng, sent = draw.rng, len(messages["at"])
    wanted = (
        (names.OPENED, OPENS, HOUR * 5),
        (names.CLICKED, CLICKS, HOUR * 6),
        (names.BOUNCED, BOUNCES, MINUTE),
        (names.UNSUBSCRIBED, UNSUBSCRIBES, HOUR * 8),
    )
    parts = [(names.DELIVERED, np.arange(sent, dtype=np.int32), 2 * MINUTE)]
    for kind, average, delay in wanted:
        message = rng.permutation(sent)[: draw.number_of(average)].astype(np.int32)
        parts.append((kind, message, delay))
    message = np.concatenate([part for _, part, _ in parts])
    kind = np.concatenate([np.full(len(part), code, np.uint8) for code, part, _ in parts])
    delay = np.concatenate([rng.exponential(mean, len(part)) for _, part, mean in parts])
    at = np.minimum(messages["at"][message] + delay.astype(np.int64) + SECOND, NOW - 1)
    order = np.argsort(at, kind="stable")
    by_machine = (rng.random(len(at)) < 0.12) & ((kind == names.OPENED) | (kind == names.CLICKED))
    return {
        "message": message[order],
        "contact": messages["contact"][message][order],
        "at": at[order],
        "kind": kind[order],
        "is_machine": by_machine[order],
    }


def _contacts(rng: np.random.Generator, size: int, facts: Mapping[str, Any]) -> dict[str, Ints]:
    """Known since they signed up, or since the first fact about them."""
    known = BEGINNING + (rng.random(size) ** 0.8 * (NOW - BEGINNING)).astype(np.int64)
    known = np.minimum(known, NOW - MINUTE)
    for table in facts.values():
        if "contact" in table:
            np.minimum.at(known, table["contact"] - 1, table["at"])
    city = _codes(rng, zipf_shares(CITY_COUNT), size, np.int16)
    gender = _codes(rng, (0.48, 0.47, 0.05), size).astype(np.int8)
    score = np.round(np.clip(rng.normal(48, 22, size), 0, 100), 1)
    return {
        "known": known,
        "city": np.where(rng.random(size) < 0.85, city, -1).astype(np.int16),
        "gender": np.where(rng.random(size) < 0.8, gender, -1).astype(np.int8),
        "score": np.where(rng.random(size) < 0.85, score, np.nan),
    }


def _tags(draw: _Draw, contacts: Mapping[str, Ints]) -> dict[str, Ints]:
    """Each tag once a contact."""
    rng, count = draw.rng, draw.number_of(TAGS)
    drawn = draw.number_of(TAGS * 1.4)
    tag = _codes(rng, zipf_shares(TAG_COUNT), drawn, np.int64)
    contact = rng.integers(1, draw.size + 1, drawn)
    pairs = np.unique(contact * TAG_COUNT + tag)
    pairs = np.sort(rng.permutation(pairs)[:count])
    contact = (pairs // TAG_COUNT).astype(np.int32)
    known = contacts["known"][contact - 1]
    at = known + (rng.random(len(pairs)) * (NOW - known)).astype(np.int64)
    return {"contact": contact, "tag": (pairs % TAG_COUNT).astype(np.uint8), "at": at}
