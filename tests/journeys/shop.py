"""The demo shop for journeys: drawn once a run, stored in as many workspaces as are wanted."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from segments.demo.history import History
from segments.demo.loading import Shop, draw_shop, record_shop
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace

CONTACTS = 800


@cache
def shop() -> Shop:
    return draw_shop(contacts=CONTACTS, now=NOW)


def load_shop(drawn: Shop, *, now: datetime = NOW) -> Workspace:
    workspace = make_workspace("Nordlicht", time_zone="Europe/Warsaw", base_currency="EUR")
    record_shop(workspace=workspace, shop=drawn, now=now, progress=lambda line: None)
    return workspace


def shop_until(drawn: Shop, day: datetime) -> Shop:
    """What an integrator would have sent by then."""

    def before(items: list[dict[str, Any]], key: str = "occurred_at") -> list[dict[str, Any]]:
        return [item for item in items if datetime.fromisoformat(item[key]) < day]

    history = drawn.history
    return Shop(
        products=drawn.products,
        people=[person for person in drawn.people if person.joined_at < day],
        history=History(
            visits=[{**visit, "pages": before(visit["pages"])} for visit in before(history.visits)],
            transactions=before(history.transactions),
            refunds=before(history.refunds),
            activities=before(history.activities),
            messages=before(history.messages, "sent_at"),
            message_events=before(history.message_events),
        ),
    )


def twelve_leaves(brand: str) -> dict[str, Any]:
    """A tree of three levels over details, tags, visits, purchases, statistics and ranks."""
    at_least = {"operator": "at_least"}
    return {
        "any": [
            {
                "all": [
                    {"type": "transactions.number_of_orders", **at_least, "number": 2},
                    {
                        "type": "transactions.amount_spent",
                        **at_least,
                        "amount": "150.00",
                        "where": [{"field": "brand", "values": [brand]}],
                    },
                    {
                        "not": {
                            "any": [
                                {
                                    "type": "visits.visited",
                                    **at_least,
                                    "number": 1,
                                    "window": {"last": 30, "unit": "days"},
                                },
                                {"type": "tags.has", "match": "any", "tags": ["vip"]},
                            ]
                        }
                    },
                ]
            },
            {
                "all": [
                    {
                        "type": "contacts.text",
                        "attribute": "country",
                        "operator": "any_of",
                        "values": ["PL", "BR"],
                    },
                    {
                        "any": [
                            {"type": "transactions.source", "quantifier": "only",
                             "channels": ["ad"]},
                            {"type": "engagement.engaged", "operator": "exactly", "number": 0,
                             "window": {"last": 90, "unit": "days"}},
                        ]
                    },
                    {
                        "type": "contacts.became_contact",
                        "window": {"older_than": 2, "unit": "months"},
                    },
                ]
            },
            {
                "all": [
                    {"type": "ranks.top", "by": "amount_spent", "unit": "percent", "percent": 20},
                    {
                        "type": "transactions.bought",
                        "where": [{"field": "brand", "values": [brand]}],
                        "window": {"last": 12, "unit": "months"},
                    },
                    {"not": {"type": "transactions.only_purchase", "window": "ever"}},
                    {"type": "tags.has", "match": "any", "tags": ["gold", "newsletter"]},
                ]
            },
        ]
    }  # fmt: skip
