from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.makers.contacts import make_contact
from tests.makers.once import made_once
from tests.makers.segments import errors_of, names, sentence
from tests.makers.tracking import make_activity
from tests.makers.transactions import line_item, make_product, make_transaction
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def within(statistic: str, **more: Any) -> dict[str, Any]:
    return {"type": "transactions.within_days", "statistic": statistic, **more}


def spent_within(amount: str, days: int, **more: Any) -> dict[str, Any]:
    return within("amount_spent", amount=amount, days=days, **more)


def ordered_within(number: int, days: int, **more: Any) -> dict[str, Any]:
    return within("number_of_orders", number=number, days=days, **more)


@made_once
def shop() -> Workspace:
    """Burst spent 60 + 60 nine days apart, long ago; steady 60 every 40 days."""
    shop = make_workspace(time_zone="Europe/Warsaw")
    for name in ("burst", "steady", "nobody"):
        make_contact(shop, name, now=ago(800))
    make_product(shop, "P-1", brand="Nordica")
    make_transaction(shop, "burst", datetime(2025, 6, 1, 10, tzinfo=UTC), "60.00")
    make_transaction(
        shop,
        "burst",
        datetime(2025, 6, 10, 10, tzinfo=UTC),
        lines=[line_item("40.00", product="P-1"), line_item("20.00")],
    )
    for number in range(4):
        make_transaction(
            shop, "steady", ago(10 + 40 * number), lines=[line_item("60.00", product="P-1")]
        )
    return shop


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (spent_within("120.00", 10), {"burst"}),
        (spent_within("120.00", 9), set()),
        (spent_within("120.01", 10), set()),
        (spent_within("120.00", 10, operator="more_than"), set()),
        (spent_within("100.00", 90), {"burst", "steady"}),
        (spent_within("180.00", 81), {"steady"}),
        (spent_within("180.00", 80), set()),
        (spent_within("100.00", 90, window={"last": 1, "unit": "months"}), set()),
        (spent_within("60.00", 1), {"burst", "steady"}),
        (
            spent_within("40.00", 1, where=[{"field": "brand", "values": ["Nordica"]}]),
            {"burst", "steady"},
        ),
        (spent_within("60.00", 30, where=[{"field": "brand", "values": ["Nordica"]}]), {"steady"}),
        (ordered_within(2, 10), {"burst"}),
        (ordered_within(1, 10, operator="more_than"), {"burst"}),
        (ordered_within(2, 9), set()),
        (ordered_within(2, 41, where=[{"field": "product", "values": ["P-1"]}]), {"steady"}),
        (
            ordered_within(1, 1, where=[{"field": "product", "values": ["P-1"]}]),
            {"burst", "steady"},
        ),
    ],
)
def test_within_some_days(shop: Workspace, tree: dict[str, Any], expected: set[str]) -> None:
    assert names(shop, tree) == expected


def test_twice_on_one_day_is_a_local_day(shop: Workspace) -> None:
    """22:30 and 23:30 UTC are one day in UTC; in Warsaw midnight lies between."""
    make_transaction(shop, "nobody", datetime(2026, 1, 10, 22, 30, tzinfo=UTC), "5.00")
    make_transaction(shop, "nobody", datetime(2026, 1, 10, 23, 30, tzinfo=UTC), "5.00")
    assert names(shop, ordered_within(2, 1)) == set()
    assert "nobody" in names(shop, ordered_within(2, 2))
    make_transaction(shop, "nobody", datetime(2026, 1, 11, 22, 30, tzinfo=UTC), "5.00")
    assert names(shop, ordered_within(2, 1)) == {"nobody"}


def test_within_days_at_a_past_instant(shop: Workspace) -> None:
    before = datetime(2025, 6, 10, 10, tzinfo=UTC)
    assert names(shop, ordered_within(2, 10), as_of=before) == set()
    assert names(shop, ordered_within(2, 10), as_of=before + timedelta(seconds=1)) == {"burst"}


def test_within_days_says_it(shop: Workspace) -> None:
    assert sentence(shop, ordered_within(2, 1)) == (
        "People who made at least 2 transactions within some 1 day ever."
    )
    assert [error.path for error in errors_of(shop, within("amount_spent", days=5))] == [
        "$.where.amount"
    ]
    assert [error.path for error in errors_of(shop, ordered_within(0, 5))] == ["$.where.number"]


# --- One window against another -------------------------------------------------------------

LAST_90 = {"last": 90, "unit": "days"}
BEFORE = {"between": [90, 180], "unit": "days"}


def compared(statistic: str, comparison: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "transactions.compared",
        "statistic": statistic,
        "comparison": comparison,
        "window": LAST_90,
        "than": BEFORE,
        **more,
    }


@made_once
def trends() -> Workspace:
    """(last 90 days, 90 before): down 50/100, up 150/100, fresh 30/-, gone -/30, same 40/40."""
    shop = make_workspace()
    make_product(shop, "P-1", brand="Nordica")
    sales = {
        "down": (["50.00"], ["60.00", "40.00"]),
        "up": (["100.00", "50.00"], ["100.00"]),
        "fresh": (["30.00"], []),
        "gone": ([], ["30.00"]),
        "same": (["40.00"], ["40.00"]),
    }
    make_contact(shop, "nobody", now=ago(800))
    for name, (now, before) in sales.items():
        for days, amounts in ((20, now), (120, before)):
            for amount in amounts:
                make_transaction(shop, name, ago(days), lines=[line_item(amount, product="P-1")])
    return shop


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (compared("amount_spent", "less"), {"down", "gone"}),
        (compared("amount_spent", "more"), {"up", "fresh"}),
        (compared("amount_spent", "percent_more", percent=50), {"up"}),
        (compared("amount_spent", "percent_more", percent=50.1), set()),
        (compared("amount_spent", "percent_less", percent=50), {"down", "gone"}),
        (compared("amount_spent", "percent_less", percent=51), {"gone"}),
        (compared("number_of_orders", "less"), {"down", "gone"}),
        (compared("number_of_orders", "more"), {"up", "fresh"}),
        (compared("number_of_orders", "percent_more", percent=100), {"up"}),
        # 75 against 100, 50 against 50; nothing has no average.
        (compared("average_order", "less"), {"up"}),
        (compared("average_order", "percent_less", percent=25), {"up"}),
        (compared("average_order", "more"), set()),
        (compared("units_bought", "less"), {"down", "gone"}),
        (
            compared("amount_spent", "less", where=[{"field": "brand", "values": ["Nordica"]}]),
            {"down", "gone"},
        ),
        (compared("amount_spent", "less", than="ever"), {"down", "up", "gone", "same"}),
        (compared("amount_spent", "less", statuses=["pending"]), set()),
    ],
)
def test_compared_with_ones_own_other_window(
    trends: Workspace, tree: dict[str, Any], expected: set[str]
) -> None:
    assert names(trends, tree) == expected


def test_nothing_is_not_less_than_nothing_nor_a_percentage_more(trends: Workspace) -> None:
    assert "nobody" not in names(trends, compared("amount_spent", "less"))
    assert "fresh" not in names(trends, compared("amount_spent", "percent_more", percent=1))


def test_compared_windows_since_an_activity_and_in_the_contacts_zone(trends: Workspace) -> None:
    make_activity(trends, "up", "trial", ago(100))
    make_activity(trends, "same", "trial", ago(200))
    since = compared(
        "amount_spent",
        "more",
        window={"since": {"activity": "trial"}},
        than={"older_than": 100, "unit": "days"},
    )
    assert names(trends, since) == {"up", "same"}
    days = {"last_whole_days": 90, "zone": "contact"}
    assert names(trends, compared("amount_spent", "less", window=days)) == {"down", "gone"}


def test_compared_says_both_windows(trends: Workspace) -> None:
    tree = compared("amount_spent", "percent_less", percent=20)
    assert sentence(trends, tree) == (
        "People who had amount spent in the last 90 days less by at least 20 %"
        " than between 90 and 180 days ago."
    )
    over = compared("amount_spent", "percent_less", percent=120)
    assert [error.path for error in errors_of(trends, over)] == ["$.where.percent"]
