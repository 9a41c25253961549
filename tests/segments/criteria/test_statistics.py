from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.makers.contacts import make_contact
from tests.makers.once import made_once
from tests.makers.segments import errors_of, names, sentence
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

EVERYBODY = {"anna", "bruno", "celia", "nobody"}


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


@made_once
def shop() -> Workspace:
    """Anna: 40 + 60 lately, 100 long ago. Bruno: 11.77 once. Celia: only a pending order."""
    shop = make_workspace()
    for name in sorted(EVERYBODY):
        make_contact(shop, name, now=ago(800))
    make_product(shop, "P-1", brand="Nordica", category="Ski boots")
    make_product(shop, "P-2", brand="Salewa", category="Jackets")
    make_transaction(
        shop,
        "anna",
        ago(5),
        lines=[line_item("30.00", product="P-1", cost="20.00"), line_item("10.00", product="P-2")],
    )
    make_transaction(
        shop,
        "anna",
        ago(20),
        shipping="9.00",
        lines=[line_item("60.00", product="P-1", quantity=2, cost="25.00")],
        coupon="NARTY10",
    )
    make_transaction(shop, "anna", ago(400), "100.00", sales_channel="store")
    make_transaction(shop, "bruno", ago(50), "11.77")
    make_transaction(shop, "celia", ago(3), "500.00", status="pending")
    cart = {"kind": "cart", "status": "pending"}
    make_transaction(shop, "nobody", ago(1), "900.00", **cart)
    return shop


def spent(operator: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"type": "transactions.amount_spent", "operator": operator, "amount": amount, **more}


LAST_30 = {"last": 30, "unit": "days"}
NORDICA = [{"field": "brand", "values": ["Nordica"]}]


@pytest.mark.parametrize(
    ("operator", "amount", "more", "expected"),
    [
        ("at_least", "100.00", {"window": LAST_30}, {"anna"}),
        ("more_than", "100.00", {"window": LAST_30}, set()),
        ("at_least", "200.00", {}, {"anna"}),
        ("more_than", "200.00", {}, set()),
        ("less_than", "100.00", {}, {"bruno", "celia", "nobody"}),
        ("at_most", "11.77", {}, {"bruno", "celia", "nobody"}),
        ("at_most", "0.00", {}, {"celia", "nobody"}),
        ("exactly", "11.77", {}, {"bruno"}),
        ("exactly", "0.00", {}, {"celia", "nobody"}),
        ("exactly", "11.775", {}, set()),
        ("not_exactly", "11.77", {}, {"anna", "celia", "nobody"}),
        ("between", "11.77", {"upper": "200.00"}, {"anna", "bruno"}),
        ("between", "0.00", {"upper": "11.77"}, {"bruno", "celia", "nobody"}),
        ("at_least", "0.00", {}, EVERYBODY),
        ("at_least", "500.00", {"statuses": ["pending"]}, {"celia"}),
        ("at_least", "90.00", {"where": NORDICA}, {"anna"}),
        ("at_least", "90.00", {"where": NORDICA, "scope": "in_transaction"}, set()),
        ("at_least", "60.00", {"where": NORDICA, "scope": "in_transaction"}, {"anna"}),
        ("at_least", "60.01", {"where": NORDICA, "scope": "in_line"}, set()),
        ("at_least", "60.00", {"where": NORDICA, "scope": "in_line"}, {"anna"}),
        ("at_least", "40.00", {"scope": "in_line", "window": {"last": 7, "unit": "days"}}, set()),
        ("less_than", "50.00", {"scope": "in_transaction"}, {"anna", "bruno"}),
        ("at_least", "60.00", {"where": [{"field": "coupon", "values": ["narty10"]}]}, {"anna"}),
        ("at_least", "999999999999.00", {}, set()),
    ],
)
def test_amount_spent(
    shop: Workspace, operator: str, amount: str, more: dict[str, Any], expected: set[str]
) -> None:
    assert names(shop, spent(operator, amount, **more)) == expected


def test_spending_below_an_amount_includes_contacts_without_rows(shop: Workspace) -> None:
    """8: rows only would leave out everybody who never bought: {"bruno"}."""
    assert names(shop, spent("less_than", "100.00")) == {"bruno", "celia", "nobody"}


def test_only_counted_statuses_count_and_carts_never(shop: Workspace) -> None:
    """18: counting pending orders or carts would add "celia" and "nobody"."""
    assert names(shop, spent("at_least", "300.00")) == set()
    every = ["pending", "paid", "fulfilled", "cancelled", "refunded", "test"]
    assert names(shop, spent("at_least", "300.00", statuses=every)) == {"celia"}


def test_a_refund_lowers_the_purchase_in_its_own_window(shop: Workspace) -> None:
    """19: lowering the refund's own window would make 40 - 60 of the last 10 days."""
    make_transaction(shop, "bruno", ago(40), "80.00", external_id="returned")
    make_refund(shop, "returned", ago(1), "80.00", lines=[])
    last_10 = {"last": 10, "unit": "days"}
    assert names(shop, spent("less_than", "0.00", window=last_10)) == set()
    assert names(shop, spent("at_most", "0.00", window={"last": 45, "unit": "days"})) == (
        {"bruno", "celia", "nobody"}
    )
    # Before the refund it stood in full.
    before = ago(2)
    assert "bruno" in names(shop, spent("exactly", "91.77"), as_of=before)


def test_refunds_can_count_when_they_were_made(shop: Workspace) -> None:
    make_transaction(
        shop,
        "bruno",
        ago(40),
        external_id="returned",
        shipping="5.00",
        lines=[line_item("80.00", product="P-1"), line_item("20.00", product="P-2")],
    )
    make_refund(shop, "returned", ago(1), lines=[{"line": 1, "quantity": 1, "amount": "80.00"}])
    by_date = {"refunds": "by_refund_date"}
    last_10 = {"last": 10, "unit": "days"}
    older = {"older_than": 30, "unit": "days"}
    assert names(shop, spent("exactly", "-80.00", window=last_10, **by_date)) == {"bruno"}
    assert names(shop, spent("exactly", "111.77", window=older, **by_date)) == {"bruno"}
    assert names(shop, spent("exactly", "31.77", **by_date)) == {"bruno"}
    of_brand = {"where": NORDICA, **by_date}
    assert names(shop, spent("exactly", "-80.00", window=last_10, **of_brand)) == {"bruno"}
    assert names(shop, spent("exactly", "80.00", window=older, **of_brand)) == {"bruno"}
    # The contacts who spent and were refunded nothing are 0.
    assert names(shop, spent("at_most", "0.00", window=last_10, **by_date)) == (
        {"bruno", "celia", "nobody"}
    )


def test_spent_is_goods_without_shipping_so_that_brands_add_up(shop: Workspace) -> None:
    """20: with shipping anna would have spent 209."""
    assert names(shop, spent("exactly", "200.00")) == {"anna"}
    total = {"type": "transactions.order_total", "operator": "exactly", "amount": "209.00"}
    assert names(shop, total) == {"anna"}
    shipping = {"type": "transactions.shipping_paid", "operator": "exactly", "amount": "9.00"}
    assert names(shop, shipping) == {"anna"}


def test_the_past_is_seen_as_it_was(shop: Workspace) -> None:
    assert names(shop, spent("exactly", "100.00"), as_of=ago(30)) == {"anna"}
    # Exactly at the purchase it hasn't happened yet; a moment later it has.
    assert names(shop, spent("more_than", "0.00", window=LAST_30), as_of=ago(50)) == set()
    later = ago(50) + timedelta(microseconds=1)
    assert names(shop, spent("more_than", "0.00", window=LAST_30), as_of=later) == {"bruno"}


def test_a_later_statement_holds_from_its_own_time(shop: Workspace) -> None:
    item = transaction_item("bruno", ago(30), "70.00", external_id="order", status="paid")
    transactions(shop, {**item, "updated_at": ago(30).isoformat()})
    cancelled = {**item, "status": "cancelled", "updated_at": ago(10).isoformat()}
    transactions(shop, cancelled)
    assert names(shop, spent("exactly", "81.77"), as_of=ago(11)) == {"bruno"}
    assert names(shop, spent("exactly", "11.77")) == {"bruno"}


def test_money_is_compared_in_the_currency_of_the_workspace() -> None:
    shop = make_workspace(base_currency="JPY")
    make_transaction(shop, "ken", ago(1), "500")
    assert names(shop, spent("exactly", "500")) == {"ken"}


def orders(operator: str, number: int, **more: Any) -> dict[str, Any]:
    return {"type": "transactions.number_of_orders", "operator": operator, "number": number, **more}


@pytest.mark.parametrize(
    ("operator", "number", "more", "expected"),
    [
        ("at_least", 1, {}, {"anna", "bruno"}),
        ("at_least", 3, {}, {"anna"}),
        ("exactly", 1, {}, {"bruno"}),
        ("exactly", 0, {}, {"celia", "nobody"}),
        ("at_most", 1, {}, {"bruno", "celia", "nobody"}),
        ("less_than", 1, {"window": LAST_30}, {"bruno", "celia", "nobody"}),
        ("more_than", 1, {"window": LAST_30}, {"anna"}),
        ("between", 1, {"upper": 3}, {"anna", "bruno"}),
        ("not_exactly", 3, {}, {"bruno", "celia", "nobody"}),
        ("exactly", 2, {"where": NORDICA}, {"anna"}),
        ("exactly", 1, {"where": [{"field": "coupon", "operator": "has_value"}]}, {"anna"}),
        (
            "exactly",
            2,
            {"where": [{"field": "sales_channel", "operator": "none_of", "values": ["store"]}]},
            {"anna"},
        ),
        (
            "exactly",
            1,
            {"where": [{"field": "shipping", "operator": "more_than", "value": "0.00"}]},
            {"anna"},
        ),
    ],
)
def test_number_of_orders(
    shop: Workspace, operator: str, number: int, more: dict[str, Any], expected: set[str]
) -> None:
    assert names(shop, orders(operator, number, **more)) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        # Anna's three: 40, 60, 100. The average is 66.66…
        ({"operator": "at_least", "amount": "66.66"}, {"anna"}),
        ({"operator": "at_least", "amount": "66.67"}, set()),
        ({"operator": "less_than", "amount": "66.67"}, {"anna", "bruno"}),
        ({"operator": "exactly", "amount": "50.00", "window": LAST_30}, {"anna"}),
        ({"operator": "between", "amount": "11.77", "upper": "66.66"}, {"bruno"}),
        ({"operator": "at_least", "amount": "0.00"}, {"anna", "bruno"}),
        ({"operator": "exactly", "amount": "45.00", "where": NORDICA}, {"anna"}),
        ({"operator": "at_least", "amount": "999999999999.00"}, set()),
    ],
)
def test_average_order_is_exact_and_missing_without_orders(
    shop: Workspace, where: dict[str, Any], expected: set[str]
) -> None:
    assert names(shop, {"type": "transactions.average_order", **where}) == expected


@pytest.mark.parametrize(
    ("key", "where", "expected"),
    [
        ("largest_order", {"operator": "at_least", "amount": "100.00"}, {"anna"}),
        ("largest_order", {"operator": "at_most", "amount": "60.00", "window": LAST_30}, {"anna"}),
        ("largest_order", {"operator": "less_than", "amount": "60.00"}, {"bruno"}),
        ("smallest_order", {"operator": "exactly", "amount": "40.00"}, {"anna"}),
        ("smallest_order", {"operator": "less_than", "amount": "999.00"}, {"anna", "bruno"}),
        ("units_bought", {"operator": "exactly", "number": 4}, {"anna"}),
        ("units_bought", {"operator": "exactly", "number": 3, "where": NORDICA}, {"anna"}),
        ("units_bought", {"operator": "less_than", "number": 0.5}, {"bruno", "celia", "nobody"}),
        ("units_bought", {"operator": "at_least", "number": 1e15}, set()),
        # 30 - 20 and 60 - 25; the line without a cost doesn't count.
        ("margin", {"operator": "exactly", "amount": "45.00"}, {"anna"}),
        ("margin", {"operator": "at_most", "amount": "10.00"}, {"bruno", "celia", "nobody"}),
        ("distinct", {"of": "products", "operator": "exactly", "number": 2}, {"anna"}),
        ("distinct", {"of": "brands", "operator": "at_least", "number": 2}, {"anna"}),
        (
            "distinct",
            {"of": "categories", "operator": "exactly", "number": 0},
            {"bruno", "celia", "nobody"},
        ),
        ("distinct", {"of": "variants", "operator": "at_least", "number": 1}, set()),
        ("distinct", {"of": "coupons", "operator": "exactly", "number": 1}, {"anna"}),
        (
            "distinct",
            {"of": "sales_channels", "operator": "between", "number": 1, "upper": 2},
            {"anna"},
        ),
        ("distinct", {"of": "days", "operator": "exactly", "number": 3}, {"anna"}),
        ("days_since_last_order", {"operator": "exactly", "days": 5}, {"anna"}),
        ("days_since_last_order", {"operator": "at_least", "days": 5}, {"anna", "bruno"}),
        ("days_since_last_order", {"operator": "more_than", "days": 5}, {"bruno"}),
        ("days_since_last_order", {"operator": "at_most", "days": 5}, {"anna"}),
        ("days_since_last_order", {"operator": "less_than", "days": 5}, set()),
        ("days_since_last_order", {"operator": "less_than", "days": 0}, set()),
        (
            "days_since_last_order",
            {"operator": "not_exactly", "days": 5},
            {"bruno", "celia", "nobody"},
        ),
        ("days_since_last_order", {"operator": "between", "days": 5, "upper": 49}, {"anna"}),
        (
            "days_since_last_order",
            {
                "operator": "exactly",
                "days": 20,
                "where": [{"field": "coupon", "operator": "has_value"}],
            },
            {"anna"},
        ),
        # 395 days with two gaps.
        ("days_between_orders", {"operator": "exactly", "days": 197.5}, {"anna"}),
        (
            "days_between_orders",
            {"operator": "between", "days": 15, "upper": 20, "window": LAST_30},
            {"anna"},
        ),
        ("days_between_orders", {"operator": "at_most", "days": 10000}, {"anna"}),
    ],
)
def test_other_statistics(
    shop: Workspace, key: str, where: dict[str, Any], expected: set[str]
) -> None:
    assert names(shop, {"type": f"transactions.{key}", **where}) == expected


def test_days_are_local_days_of_the_workspace() -> None:
    """In UTC both orders are on one day, in Warsaw they aren't."""
    shop = make_workspace(time_zone="Europe/Warsaw")
    make_transaction(shop, "ola", datetime(2026, 1, 10, 22, 30, tzinfo=UTC), "5.00")
    make_transaction(shop, "ola", datetime(2026, 1, 10, 23, 30, tzinfo=UTC), "5.00")
    days = {"type": "transactions.distinct", "of": "days", "operator": "exactly", "number": 2}
    assert names(shop, days) == {"ola"}


def test_a_second_number_below_the_first_is_an_error(shop: Workspace) -> None:
    [error] = errors_of(shop, spent("between", "100.00", upper="50.00"))
    assert error.path == "$.where.upper"


def test_sentences_mention_every_value(shop: Workspace) -> None:
    where = [*NORDICA, {"field": "amount", "operator": "more_than", "value": "50.00"}]
    tree = spent("between", "100.00", upper="200.00", where=where, window=LAST_30)
    assert sentence(shop, tree) == (
        "People who spent between EUR 100.00 and EUR 200.00 altogether where"
        " [brand is any of Nordica] and [amount more than EUR 50.00] in the last 30 days."
    )
