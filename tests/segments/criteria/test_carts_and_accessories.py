from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.makers.contacts import make_contact
from tests.makers.once import made_once
from tests.makers.segments import names, sentence
from tests.makers.transactions import (
    line_item,
    make_product,
    make_refund,
    make_transaction,
    transaction_item,
    transactions,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def lacks(*products: str, **more: Any) -> dict[str, Any]:
    named = {"products": list(products)} if products else {}
    return {"type": "transactions.lacks_accessories", **named, **more}


@made_once
def skis() -> Workspace:
    """P-1 goes with wax and poles, P-2 with wax; P-3 with nothing."""
    shop = make_workspace()
    for accessory in ("wax", "poles"):
        make_product(shop, accessory)
    make_product(shop, "P-1", accessories=["wax", "poles"])
    make_product(shop, "P-2", accessories=["wax"])
    make_product(shop, "P-3")
    make_contact(shop, "nobody", now=ago(800))
    baskets = {
        "bare": ["P-1"],
        "waxed": ["P-1", "wax"],
        "complete": ["P-1", "wax", "poles"],
        "second": ["P-2", "poles"],
        "third": ["P-3"],
    }
    for name, products in baskets.items():
        make_transaction(
            shop, name, ago(5), lines=[line_item("10.00", product=each) for each in products]
        )
    return shop


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (lacks("P-1"), {"bare", "waxed"}),
        (lacks("P-1", lacking="all"), {"bare"}),
        (lacks("P-1", "P-2"), {"bare", "waxed", "second"}),
        (lacks("P-3"), set()),
        (lacks(), {"bare", "waxed", "second"}),
        (lacks(lacking="all"), {"bare", "second"}),
        (lacks("P-1", window={"older_than": 10, "unit": "days"}), set()),
    ],
)
def test_bought_a_product_and_lacks_its_accessories(
    skis: Workspace, tree: dict[str, Any], expected: set[str]
) -> None:
    assert names(skis, tree) == expected


def test_accessories_count_whenever_they_were_bought(skis: Workspace) -> None:
    """U4: the window is of the product; asked of the accessory too, "old" would lack it."""
    make_transaction(skis, "old", ago(500), lines=[line_item("5.00", product="wax")])
    make_transaction(skis, "old", ago(3), lines=[line_item("5.00", product="P-2")])
    last_month = {"last": 1, "unit": "months"}
    assert "old" not in names(skis, lacks("P-2", window=last_month))
    make_transaction(
        skis, "waxed", ago(2), external_id="late", lines=[line_item("5.00", product="poles")]
    )
    assert names(skis, lacks("P-1")) == {"bare"}
    assert names(skis, lacks("P-1"), as_of=ago(2)) == {"bare", "waxed"}
    make_refund(skis, "late", ago(1), lines=[{"line": 1, "quantity": 1, "amount": "5.00"}])
    assert names(skis, lacks("P-1")) == {"bare", "waxed"}


def test_the_sentence_of_lacking_accessories(skis: Workspace) -> None:
    tree = lacks("P-1", window={"last": 1, "unit": "months"})
    assert sentence(skis, tree) == (
        "People who bought P-1 in the last 1 month and lacks at least one of its accessories."
    )


# --- Carts ----------------------------------------------------------------------------------


def cart(state: str, **more: Any) -> dict[str, Any]:
    return {"type": "transactions.cart", "state": state, **more}


@made_once
def carts() -> Workspace:
    shop = make_workspace()
    make_product(shop, "P-1", brand="Nordica")
    filled = {"kind": "cart", "status": "pending"}
    make_transaction(
        shop, "left", ago(hours=5), lines=[line_item("50.00", product="P-1")], **filled
    )
    make_transaction(shop, "fresh", ago(hours=2), lines=[line_item("9.00")], **filled)
    item = transaction_item(
        "bought", ago(3), external_id="cart-1", lines=[line_item("70.00", product="P-1")], **filled
    )
    transactions(shop, {**item, "updated_at": ago(3).isoformat()})
    transactions(shop, {**item, "updated_at": ago(2).isoformat(), "converted_to": "order-1"})
    make_transaction(shop, "bought", ago(2), "70.00", external_id="order-1")
    make_transaction(shop, "emptied", ago(1), "5.00", kind="cart", status="cancelled")
    make_contact(shop, "nobody", now=ago(800))
    return shop


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (cart("abandoned", hours=4), {"left"}),
        (cart("abandoned", hours=2), {"left", "fresh"}),
        (cart("abandoned", hours=6), set()),
        (cart("abandoned", hours=1, where=[{"field": "product", "values": ["P-1"]}]), {"left"}),
        (cart("abandoned", hours=1, window={"last": 3, "unit": "hours"}), {"fresh"}),
        (
            cart(
                "abandoned",
                hours=1,
                where=[{"field": "transaction_amount", "operator": "less_than", "value": "10.00"}],
            ),
            {"fresh"},
        ),
        (cart("converted"), {"bought"}),
        (cart("converted", where=[{"field": "brand", "values": ["Nordica"]}]), {"bought"}),
        (cart("converted", window={"last": 1, "unit": "days"}), set()),
    ],
)
def test_carts(carts: Workspace, tree: dict[str, Any], expected: set[str]) -> None:
    assert names(carts, tree) == expected


def test_a_cart_was_abandoned_until_it_was_bought(carts: Workspace) -> None:
    assert names(carts, cart("abandoned", hours=4), as_of=ago(2.5)) == {"bought"}
    assert names(carts, cart("converted"), as_of=ago(2.5)) == set()


def test_purchases_are_not_carts(carts: Workspace) -> None:
    """18: a purchase that is pending is not an abandoned cart."""
    make_transaction(carts, "nobody", ago(4), "5.00", status="pending")
    assert "nobody" not in names(carts, cart("abandoned", hours=1))
