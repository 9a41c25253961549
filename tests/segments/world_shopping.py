"""What the world's contacts bought, put into carts, and gave back."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.makers.transactions import make_rate, products
from tests.segments.world_behaviour import CHANNELS, UTM, send
from tests.segments.world_people import Person, check
from tests.segments.world_time import ASKED, FIRST, RECORDED, later, moment
from transactions.models import Product
from transactions.services import record_refunds, record_transactions
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

AMOUNTS = (
    "11.77",
    "20.00",
    "33.33",
    "50.00",
    "60.00",
    "80.00",
    "100.00",
    "120.50",
    "250.00",
    "300.00",
)
NAMES = ("Ski boots Pro", "Après-SKI bag", "Jacket", "")
PRODUCTS: dict[str, dict[str, Any]] = {
    "P-1": {"brand": "Nordica", "category": "Ski boots", "accessories": ["P-3", "P-4", "P-5"]},
    "P-2": {"brand": "Salewa", "category": "Jackets", "accessories": ["P-4", "P-6"]},
    "P-3": {"brand": "Nordica", "category": "Jackets"},
    "P-4": {"brand": "Salewa", "category": "Wax"},
    "P-5": {"category": "Wax"},
    "P-6": {"brand": "Salewa", "category": "Ski boots"},
}


def make_catalogue(workspace: Workspace) -> None:
    """Products with accessories, one of which is no longer sold; rates of a second currency."""
    items = [
        {
            "external_id": key,
            "name": f"Product {key}",
            "variants": [{"external_id": f"{key}-{size}", "name": size} for size in ("42", "L")],
            **about,
        }
        for key, about in PRODUCTS.items()
    ]
    check(products(workspace, *items, now=FIRST))
    with workspace_scope(workspace):
        gone = Product.objects.in_workspace(workspace).filter(external_id="P-5")
        gone.update(archived_at=datetime.fromisoformat("2025-11-01T00:00:00+00:00"))
    for day, rate in ((date(2023, 1, 1), "0.21"), (date(2025, 6, 1), "0.2345")):
        make_rate(workspace, "PLN", day.isoformat(), rate, now=FIRST)


def record_shopping(workspace: Workspace, people: list[Person], chance: random.Random) -> None:
    """Purchases and carts, later statements about some, refunds of some."""
    buyers = [person for person in people if person.number % 3]
    first = [_transaction(number, chance, buyers) for number in range(len(people) * 4)]
    send(workspace, record_transactions, first)
    send(workspace, record_transactions, _restated(first, chance))
    never_bought = [person for person in people if person.number % 3 == 0 and person.number > 12]
    send(workspace, record_transactions, _regulars(never_bought))
    # Some ask for more than is left, and are refused.
    record_refunds(workspace=workspace, items=_refunds(first, chance), now=RECORDED, source="api")


def _regulars(people: list[Person]) -> list[dict[str, Any]]:
    """Two who buy the same again and again: one in a hurry, one every 40 days."""
    found = []
    for person, days in ((people[0], (3, 9, 25, 40)), (people[1], (30, 70, 110))):
        for back in days:
            at = ASKED - timedelta(days=back)
            found.append(
                {
                    "external_id": f"regular-{person.number}-{back}",
                    "contact": person.reference,
                    "occurred_at": at.isoformat(),
                    "updated_at": at.isoformat(),
                    "lines": [{"product": "P-1", "quantity": 1, "amount": "50.00"}],
                }
            )
    return found


def _transaction(number: int, chance: random.Random, people: list[Person]) -> dict[str, Any]:
    at = moment(chance)
    is_cart = number % 9 == 0
    item: dict[str, Any] = {
        "external_id": f"t{number}",
        "contact": chance.choice(people).reference,
        "occurred_at": at.isoformat(),
        "kind": "cart" if is_cart else "purchase",
        "status": chance.choices(
            ("paid", "fulfilled", "pending", "cancelled", "test", "refunded"), (9, 6, 2, 1, 1, 1)
        )[0],
        "updated_at": at.isoformat(),
    }
    if chance.random() < 0.15:
        item["currency"] = "PLN"
    if chance.random() < 0.3:
        item["coupon"] = chance.choice(("NARTY10", "narty10", "VIP5"))
    if chance.random() < 0.6:
        item["sales_channel"] = chance.choice(("store", "web"))
    if chance.random() < 0.5:
        item["shipping"] = chance.choice(("0.00", "9.90", "15.00", "31.00"))
    if chance.random() < 0.4:
        item["source"] = {"channel": chance.choice(CHANNELS), "utm": chance.choice(UTM)}
    if chance.random() < 0.2:
        item["total"] = str(Decimal(chance.choice(AMOUNTS)) + 40)
    else:
        item["lines"] = [_line(chance) for _ in range(chance.choice((1, 1, 2, 3)))]
    if is_cart and chance.random() < 0.3:
        item["converted_to"] = f"t{number + 1}"
    return item


def _line(chance: random.Random) -> dict[str, Any]:
    line: dict[str, Any] = {
        "quantity": chance.choice((1, 1, 2, 3, 0.5, 10)),
        "amount": chance.choice((*AMOUNTS, "0.00")),
        "name": chance.choice(NAMES),
    }
    if chance.random() < 0.85:
        line["product"] = chance.choice(list(PRODUCTS))
        if chance.random() < 0.4:
            line["variant"] = f"{line['product']}-{chance.choice(('42', 'L'))}"
    elif chance.random() < 0.5:
        line |= {"brand": "nordica", "category": "SKI boots"}
    if chance.random() < 0.7:
        line["cost"] = chance.choice(("5.00", "40.00", "110.00"))
    if chance.random() < 0.5:
        line["properties"] = {
            "size": chance.choice((42, "42", "L", "l", 40, 41.5, "")),
            "hue": "red",
        }
    return line


def _restated(first: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """What the shop said again: paid at last, cancelled, a cart that became a purchase."""
    found = []
    for item in first:
        if chance.random() > 0.25:
            continue
        at = later(chance, datetime.fromisoformat(item["occurred_at"]), 40)
        change: dict[str, Any] = {"updated_at": at.isoformat()}
        change["status"] = chance.choice(("paid", "fulfilled", "cancelled"))
        if item["kind"] == "cart":
            change["converted_to"] = f"t{int(item['external_id'][1:]) + 1}"
        elif "lines" in item and chance.random() < 0.3:
            change["lines"] = [_line(chance)]
        found.append(item | change)
    return found


def _refunds(first: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """All of a line, part of an amount."""
    found: list[dict[str, Any]] = []
    for item in first:
        if item["kind"] == "cart" or item["status"] in ("test", "cancelled"):
            continue
        if "currency" in item or chance.random() > 0.15:
            continue
        at = later(chance, datetime.fromisoformat(item["occurred_at"]), 50)
        refund: dict[str, Any] = {
            "external_id": f"r{len(found)}",
            "transaction": item["external_id"],
            "occurred_at": min(at, RECORDED - timedelta(minutes=1)).isoformat(),
        }
        if "lines" in item and chance.random() < 0.6:
            line = item["lines"][0]
            if line["amount"] == "0.00":
                continue
            refund["lines"] = [{"line": 1, "quantity": line["quantity"], "amount": line["amount"]}]
        else:
            refund["amount"] = chance.choice(("5.00", "11.77", "40.00"))
        found.append(refund)
    return found
