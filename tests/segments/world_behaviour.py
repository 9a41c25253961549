"""What the world's contacts did on the site, and what was sent to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from tests.segments.world_people import Person, check
from tests.segments.world_time import RECORDED, later, moment
from tracking.services import (
    record_activities,
    record_message_events,
    record_messages,
    record_visits,
)
from workspaces.models import Workspace

CHANNELS = (
    "paid_search",
    "paid_social",
    "affiliate",
    "organic_search",
    "email",
    "sms",
    "referral",
    "direct",
    "direct",
    "other",
)
UTM: tuple[dict[str, str], ...] = (
    {},
    {},
    {"source": "news", "medium": "email", "campaign": "Spring Sale"},
    {"source": "goo", "medium": "cpc", "campaign": "winter-26"},
    {"source": "fb"},
)
PAGES = (
    "https://shop.example/shoes/1",
    "https://shop.example/Shoes/2?size=42&utm_source=x",
    "https://shop.example/sale",
    "https://www.shop.example/sale/",
    "https://shop.example/account",
    "https://shop.example/",
)


LINKS = (
    "https://shop.example/sale",
    "https://shop.example/Shoes/1",
    "https://shop.example/catalogue/" + "x" * 200,
)


def record_behaviour(workspace: Workspace, people: list[Person], chance: random.Random) -> None:
    """Visits, activities, messages and what happened to them."""
    # A quarter of all contacts never do anything.
    active = [person for person in people if person.number % 4]
    send(workspace, record_visits, (_visit(n, chance, active) for n in range(len(people) * 5)))
    send(workspace, record_visits, _keen(active[3]))
    send(
        workspace, record_activities, (_activity(n, chance, active) for n in range(len(people) * 4))
    )
    messages = [_message(number, chance, active) for number in range(len(people) * 3)]
    send(workspace, record_messages, messages)
    send(workspace, record_message_events, _events(messages, chance))


def send(workspace: Workspace, record: Callable[..., Any], items: Iterable[Any]) -> None:
    """Batches of at most 1,000, as the API takes them."""
    for batch in _batched(items, 1_000):
        check(record(workspace=workspace, items=batch, now=RECORDED, source="api"))


def _batched(items: Iterable[Any], size: int) -> Iterable[list[Any]]:
    remaining = iter(items)
    return iter(lambda: list(islice(remaining, size)), [])


def _visit(number: int, chance: random.Random, people: list[Person]) -> dict[str, Any]:
    at = moment(chance)
    pages = [
        {
            "url": chance.choice(PAGES),
            "occurred_at": (at + timedelta(seconds=40 * position)).isoformat(),
            **({"product": chance.choice(("P-1", "P-2"))} if chance.random() < 0.4 else {}),
        }
        for position in range(chance.choice((0, 0, 1, 3)))
    ]
    source: dict[str, Any] = {"channel": chance.choice(CHANNELS), "utm": chance.choice(UTM)}
    item: dict[str, Any] = {
        "external_id": f"v{number}",
        "contact": chance.choice(people).reference,
        "occurred_at": at.isoformat(),
        "url": chance.choice(PAGES),
        "source": source,
        "pages": pages,
    }
    extras: dict[str, Any] = {
        "device": chance.choice(("mobile", "desktop")),
        "country": chance.choice(("DE", "pl", "br")),
        "duration": chance.choice((0, 59, 60, 61, 600)),
        "referrer": "https://blog.example/x",
    }
    return item | {key: value for key, value in extras.items() if chance.random() < 0.7}


def _keen(person: Person) -> list[dict[str, Any]]:
    """Somebody who came every day of a week in January."""
    days = [datetime(2026, 1, day, 18, tzinfo=UTC) for day in range(12, 19)]
    return [
        {
            "external_id": f"keen-{at:%d}",
            "contact": person.reference,
            "occurred_at": at.isoformat(),
            "url": PAGES[0],
            "source": {"channel": "direct"},
        }
        for at in days
    ]


def _activity(number: int, chance: random.Random, people: list[Person]) -> dict[str, Any]:
    kind = chance.choice(
        ("ticket_bought", "ticket_bought", "form_submitted", "link_clicked", "scored")
    )
    every: dict[str, dict[str, Any]] = {
        "ticket_bought": {
            "price": chance.choice((10, 50, 50.5, 120)),
            "size": chance.choice(("L", "l", "M", "XL")),
            "is_gift": chance.choice((True, False)),
            "day": chance.choice(("2026-03-15", "2026-04-01", "2025-10-26")),
        },
        "form_submitted": {"form": chance.choice(("Newsletter", "contact", "old news"))},
        "link_clicked": {
            "url": chance.choice(("https://shop.example/catalogue/1", "https://shop.example/x")),
            "link": chance.choice(("A", "B")),
            "medium": chance.choice(("qr", "sms", "print")),
        },
        "scored": {},
    }
    given = {key: value for key, value in every[kind].items() if chance.random() < 0.8}
    return {
        "external_id": f"a{number}",
        "contact": chance.choice(people).reference,
        "kind": kind,
        "occurred_at": moment(chance).isoformat(),
        "parameters": given,
    }


def _message(number: int, chance: random.Random, people: list[Person]) -> dict[str, Any]:
    return {
        "external_id": f"m{number}",
        "contact": chance.choice(people).reference,
        "channel": chance.choice(("email", "email", "email", "sms", "push")),
        "sent_at": moment(chance).isoformat(),
        "campaign": chance.choice(("", "spring", "winter")),
    }


def _events(messages: list[dict[str, Any]], chance: random.Random) -> Iterable[dict[str, Any]]:
    kinds = ("delivered", "opened", "opened", "clicked", "bounced", "complained", "unsubscribed")
    number = 0
    for message in messages:
        for kind in chance.sample(kinds, chance.choice((0, 1, 2, 3))):
            number += 1
            sent_at = datetime.fromisoformat(message["sent_at"])
            yield {
                "external_id": f"e{number}",
                "message": message["external_id"],
                "kind": kind,
                "occurred_at": later(chance, sent_at, 3).isoformat(),
                "is_machine": kind in ("opened", "clicked") and chance.random() < 0.4,
                **({"link": LINKS[number % len(LINKS)]} if kind == "clicked" else {}),
            }
