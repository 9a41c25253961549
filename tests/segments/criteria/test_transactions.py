from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.makers.contacts import make_contact
from tests.makers.once import made_once
from tests.makers.segments import errors_of, names, sentence
from tests.makers.tracking import make_activity
from tests.makers.transactions import (
    line_item,
    make_product,
    make_refund,
    make_transaction,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

LAST_30 = {"last": 30, "unit": "days"}


def ago(days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


@made_once
def shop() -> Workspace:
    """Three ways of spending 200 on Nordica: one line, one transaction, altogether."""
    shop = make_workspace()
    make_product(
        shop, "P-1", brand="Nordica", category="Ski boots", variants=[{"external_id": "V-1"}]
    )
    make_product(shop, "P-2", brand="Nordica", category="Jackets")
    make_product(shop, "P-3", brand="Salewa", category="Ski boots")
    for name in ("line", "transaction", "altogether", "other", "nobody"):
        make_contact(shop, name, now=ago(800))
    make_transaction(
        shop,
        "line",
        ago(3),
        coupon="Narty10",
        sales_channel="Store",
        lines=[
            line_item(
                "200.00",
                product="P-1",
                variant="V-1",
                quantity=2,
                cost="150.00",
                name="Boots ŁÓDŹ 50%",
                properties={"size": "42", "colour": "Red"},
            )
        ],
    )
    make_transaction(
        shop,
        "transaction",
        ago(4),
        lines=[
            line_item("120.00", product="P-1", properties={"size": 42}),
            line_item("80.00", product="P-2", properties={"size": "L"}),
        ],
    )
    make_transaction(shop, "altogether", ago(5), lines=[line_item("120.00", product="P-1")])
    make_transaction(shop, "altogether", ago(60), lines=[line_item("80.00", product="P-2")])
    make_transaction(
        shop,
        "other",
        ago(6),
        shipping="10.00",
        lines=[line_item("500.00", product="P-3", quantity=3, properties={"size": 39.5})],
    )
    return shop


BUYERS = {"line", "transaction", "altogether", "other"}
EVERYBODY = BUYERS | {"nobody"}


def bought(*where: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "transactions.bought", "where": list(where), **more}


def is_(field: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "values": list(values), **more}


def number(field: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


NORDICA = is_("brand", "nordica")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("in_line", {"line"}),
        ("in_transaction", {"line", "transaction"}),
        ("altogether", {"line", "transaction", "altogether"}),
    ],
)
def test_the_scope_says_what_amounts_are_measured_on(
    shop: Workspace, scope: str, expected: set[str]
) -> None:
    """10: an unnamed scope would make one of three audiences out of the same row."""
    tree = bought(NORDICA, number("amount", "at_least", "200.00"), scope=scope)
    assert names(shop, tree) == expected


def test_amounts_are_measured_altogether_unless_said_otherwise(shop: Workspace) -> None:
    tree = bought(NORDICA, number("amount", "at_least", "200.00"))
    assert names(shop, tree) == {"line", "transaction", "altogether"}


def test_conditions_bind_to_one_line(shop: Workspace) -> None:
    """10: binding each to any line of the transaction would add "transaction"."""
    make_transaction(
        shop,
        "transaction",
        ago(2),
        lines=[line_item("5.00", product="P-2"), line_item("5.00", product="P-3")],
    )
    assert (
        names(
            shop,
            bought(NORDICA, is_("category", "Ski boots"), window={"last": 60, "unit": "hours"}),
        )
        == set()
    )
    together = {
        "together_with": [is_("category", "Ski boots")],
        "window": {"last": 60, "unit": "hours"},
    }
    assert names(shop, bought(NORDICA, **together)) == {"transaction"}


def test_together_is_in_one_transaction_not_across(shop: Workspace) -> None:
    tree = bought(is_("product", "P-1"), together_with=[is_("product", "P-2")])
    assert names(shop, tree) == {"transaction"}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ([], BUYERS),
        ([is_("product", "P-1")], {"line", "transaction", "altogether"}),
        ([is_("product", "P-1", "P-3")], BUYERS),
        ([is_("product", "P-1", operator="none_of")], {"transaction", "altogether", "other"}),
        ([is_("variant", "V-1")], {"line"}),
        ([is_("variant", "V-1", operator="none_of")], {"transaction", "altogether", "other"}),
        ([is_("category", "ski BOOTS")], BUYERS),
        ([is_("name", "boots łódź 50%")], {"line"}),
        ([is_("name", "Łódź", operator="contains")], {"line"}),
        ([is_("name", "0%", operator="ends_with")], {"line"}),
        ([is_("name", "%", operator="starts_with")], set()),
        ([is_("name", "b*łód?*", operator="matches")], {"line"}),
        ([{"field": "name", "operator": "has_value"}], {"line"}),
        ([is_("property", "42", property="Size")], {"line", "transaction"}),
        ([is_("property", "red", property="colour")], {"line"}),
        (
            [is_("property", "42", property="size", operator="none_of")],
            {"transaction", "altogether", "other"},
        ),
        ([{"field": "property", "property": "size", "operator": "has_no_value"}], {"altogether"}),
        (
            [{"field": "property", "property": "size", "operator": "has_value"}],
            {"line", "transaction", "other"},
        ),
        ([number("property_number", "less_than", 40, property="size")], {"other"}),
        (
            [number("property_number", "between", 39, upper=42, property="size")],
            {"transaction", "other"},
        ),
        ([number("quantity", "at_least", 2)], {"line", "transaction", "altogether", "other"}),
        ([number("quantity", "more_than", 2)], {"other"}),
        ([number("margin", "at_least", "50.00")], {"line"}),
        ([is_("coupon", "NARTY10")], {"line"}),
        ([is_("coupon", "NARTY10", operator="none_of")], {"transaction", "altogether", "other"}),
        ([NORDICA, is_("sales_channel", "store")], {"line"}),
        ([NORDICA, number("transaction_amount", "at_least", "200.00")], {"line", "transaction"}),
        ([number("order_total", "at_least", "505.00")], {"other"}),
        ([number("shipping", "exactly", "10.00")], {"other"}),
        ([NORDICA, number("order_total", "less_than", "100.00")], {"altogether"}),
    ],
)
def test_conditions(shop: Workspace, where: list[dict[str, Any]], expected: set[str]) -> None:
    assert names(shop, bought(*where)) == expected


@pytest.mark.parametrize(
    ("scope", "where", "expected"),
    [
        ("in_line", [number("quantity", "at_least", 2)], {"line", "other"}),
        ("in_transaction", [number("quantity", "exactly", 2)], {"line", "transaction"}),
        (
            "in_line",
            [number("amount", "between", "80.00", upper="120.00")],
            {"transaction", "altogether"},
        ),
        ("in_line", [number("margin", "less_than", "60.00")], {"line"}),
        ("in_transaction", [number("amount", "less_than", "120.00")], {"altogether"}),
        ("altogether", [number("amount", "less_than", "200.00")], set()),
        ("in_line", [number("amount", "exactly", "120.005")], set()),
        ("in_line", [number("amount", "not_exactly", "120.00")], BUYERS),
    ],
)
def test_measures(
    shop: Workspace, scope: str, where: list[dict[str, Any]], expected: set[str]
) -> None:
    assert names(shop, bought(*where, scope=scope)) == expected


@pytest.mark.parametrize(
    ("where", "more", "expected"),
    [
        ([NORDICA], {"operator": "exactly", "number": 0}, {"other", "nobody"}),
        ([NORDICA], {"operator": "at_least", "number": 2}, {"altogether"}),
        (
            [NORDICA],
            {"operator": "at_least", "number": 2, "unit": "lines"},
            {"transaction", "altogether"},
        ),
        ([NORDICA], {"operator": "at_most", "number": 1}, EVERYBODY - {"altogether"}),
        (
            [NORDICA],
            {"operator": "exactly", "number": 0, "window": {"older_than": 30, "unit": "days"}},
            EVERYBODY - {"altogether"},
        ),
        ([], {"operator": "less_than", "number": 1}, {"nobody"}),
        ([], {"operator": "between", "number": 1, "upper": 1}, BUYERS - {"altogether"}),
        ([], {"operator": "at_least", "number": 2, "unit": "lines"}, {"transaction", "altogether"}),
        # In one line: how many such lines' transactions.
        (
            [number("amount", "at_least", "100.00")],
            {"scope": "in_line", "operator": "exactly", "number": 1},
            BUYERS,
        ),
        (
            [number("amount", "at_least", "200.00")],
            {"scope": "in_transaction", "operator": "exactly", "number": 0},
            {"altogether", "nobody"},
        ),
        # Altogether: at most 3 times and at most 199, which nothing is too.
        (
            [NORDICA, number("amount", "at_most", "199.00")],
            {"operator": "at_most", "number": 3},
            {"other", "nobody"},
        ),
        ([NORDICA, number("amount", "at_most", "199.00")], {}, set()),
        (
            [NORDICA, number("amount", "at_least", "200.00")],
            {"operator": "at_least", "number": 2},
            {"altogether"},
        ),
    ],
)
def test_counts(
    shop: Workspace, where: list[dict[str, Any]], more: dict[str, Any], expected: set[str]
) -> None:
    assert names(shop, bought(*where, **more)) == expected


def test_never_bought_includes_contacts_without_rows(shop: Workspace) -> None:
    """8: counting rows alone would leave "nobody" out."""
    never = bought(NORDICA, operator="exactly", number=0)
    assert names(shop, never) == {"other", "nobody"}


def test_a_line_refunded_in_full_was_not_bought(shop: Workspace) -> None:
    """19: the line stays in the order; whoever gave it back would still have bought it."""
    make_transaction(
        shop,
        "nobody",
        ago(9),
        external_id="returned",
        lines=[line_item("50.00", product="P-1"), line_item("20.00", product="P-3")],
    )
    make_refund(shop, "returned", ago(1), lines=[{"line": 1, "quantity": 1, "amount": "50.00"}])
    assert "nobody" not in names(shop, bought(is_("product", "P-1")))
    assert "nobody" in names(shop, bought(is_("product", "P-3")))
    assert "nobody" in names(shop, bought(is_("product", "P-1")), as_of=ago(2))


def test_carts_are_not_bought(shop: Workspace) -> None:
    """18: a cart is not a purchase, whatever its status."""
    make_transaction(shop, "nobody", ago(1), kind="cart", lines=[line_item("9.00", product="P-1")])
    assert "nobody" not in names(shop, bought())
    assert "nobody" not in names(shop, bought(is_("product", "P-1")))


def test_statuses_can_be_chosen(shop: Workspace) -> None:
    make_transaction(
        shop, "nobody", ago(1), status="pending", lines=[line_item("9.00", product="P-1")]
    )
    assert "nobody" not in names(shop, bought(is_("product", "P-1")))
    assert names(shop, bought(is_("product", "P-1"), statuses=["pending"])) == {"nobody"}


def test_a_transaction_without_lines_counts_by_its_coupon(shop: Workspace) -> None:
    make_transaction(shop, "nobody", ago(1), "30.00", coupon="NARTY10")
    assert names(shop, bought(is_("coupon", "narty10"))) == {"line", "nobody"}


def test_windows_since_an_activity_and_in_the_contacts_zone(shop: Workspace) -> None:
    make_activity(shop, "line", "trial", ago(10))
    make_activity(shop, "other", "trial", ago(2))
    assert names(shop, bought(window={"since": {"activity": "trial"}})) == {"line"}
    week = {"last_whole_days": 4, "zone": "contact"}
    assert names(shop, bought(window=week)) == {"line", "transaction"}


def test_another_shops_product_is_as_unknown_as_none(shop: Workspace) -> None:
    other = make_workspace("Other")
    make_product(other, "P-77", brand="Foreign")
    codes = {
        error.path: error.code
        for error in errors_of(
            shop,
            bought(
                is_("product", "P-77"),
                is_("brand", "Foreign"),
                is_("property", "x", property="unheard"),
            ),
        )
    }
    assert codes == {
        "$.where.where[0].values[0]": "not_found",
        "$.where.where[1].values[0]": "not_found",
        "$.where.where[2].property": "not_found",
    }


def test_the_sentence_says_scope_and_conditions(shop: Workspace) -> None:
    tree = bought(
        NORDICA,
        number("amount", "more_than", "300.00"),
        scope="in_transaction",
        window={"last": 6, "unit": "months"},
    )
    assert sentence(shop, tree) == (
        "People who bought things where [brand is any of Nordica] and [amount more than EUR"
        " 300.00] in one transaction in at least 1 transaction in the last 6 months."
    )


# --- First, last and only -------------------------------------------------------------------


@made_once
def buyers() -> Workspace:
    """Loyal: twelve orders, one lately. New: one lately. Lapsed: one long ago."""
    shop = make_workspace()
    make_product(shop, "P-1", brand="Nordica")
    for name in ("loyal", "new", "lapsed", "nobody"):
        make_contact(shop, name, now=ago(800))
    for month in range(1, 12):
        make_transaction(shop, "loyal", ago(100 + 30 * month), "50.00")
    make_transaction(shop, "loyal", ago(10), lines=[line_item("50.00", product="P-1")])
    make_transaction(
        shop, "new", ago(12), coupon="NARTY10", lines=[line_item("50.00", product="P-1")]
    )
    make_transaction(shop, "lapsed", ago(400), "50.00")
    return shop


def of_kind(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"transactions.{kind}", **more}


def test_the_first_purchase_is_the_first_ever(buyers: Workspace) -> None:
    """21: the first in the window would call "loyal" a new customer."""
    assert names(buyers, of_kind("first_purchase", window=LAST_30)) == {"new"}


def test_no_second_purchase_means_one_ever(buyers: Workspace) -> None:
    """21: "one in 90 days" would catch a loyal buyer of twelve orders."""
    last_90 = {"last": 90, "unit": "days"}
    assert names(buyers, of_kind("only_purchase", window=last_90)) == {"new"}
    assert names(buyers, of_kind("only_purchase")) == {"new", "lapsed"}
    one_lately = of_kind("number_of_orders", operator="exactly", number=1, window=last_90)
    assert names(buyers, one_lately) == {"loyal", "new"}


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("first_purchase", {}, {"loyal", "new", "lapsed"}),
        ("first_purchase", {"where": [is_("coupon", "NARTY10")]}, {"new"}),
        ("first_purchase", {"where": [is_("brand", "Nordica")]}, {"new"}),
        ("first_purchase", {"where": [is_("brand", "Nordica")], "window": LAST_30}, {"new"}),
        ("first_purchase", {"window": {"older_than": 399, "unit": "days"}}, {"loyal", "lapsed"}),
        ("first_purchase", {"window": {"last_whole_days": 30, "zone": "contact"}}, {"new"}),
        ("last_purchase", {"window": LAST_30}, {"loyal", "new"}),
        ("last_purchase", {"window": {"older_than": 90, "unit": "days"}}, {"lapsed"}),
        ("last_purchase", {"where": [is_("brand", "Nordica")]}, {"loyal", "new"}),
        (
            "last_purchase",
            {"where": [is_("coupon", "NARTY10", operator="none_of")]},
            {"loyal", "lapsed"},
        ),
        ("only_purchase", {"where": [is_("brand", "Nordica")]}, {"new"}),
        ("only_purchase", {"where": [is_("coupon", "NARTY10")], "window": LAST_30}, {"new"}),
    ],
)
def test_first_last_and_only(
    buyers: Workspace, kind: str, more: dict[str, Any], expected: set[str]
) -> None:
    assert names(buyers, of_kind(kind, **more)) == expected


def test_the_first_purchase_at_a_past_instant(buyers: Workspace) -> None:
    recent = of_kind("first_purchase", window=LAST_30)
    assert names(buyers, recent, as_of=ago(390)) == {"lapsed"}


def test_first_purchase_since_an_activity(buyers: Workspace) -> None:
    make_activity(buyers, "new", "trial", ago(20))
    make_activity(buyers, "loyal", "trial", ago(20))
    since = {"since": {"activity": "trial"}}
    assert names(buyers, of_kind("first_purchase", window=since)) == {"new"}
    assert names(buyers, of_kind("last_purchase", window=since)) == {"new", "loyal"}


def test_a_purchase_refunded_in_full_was_no_purchase(buyers: Workspace) -> None:
    make_transaction(buyers, "new", ago(11), "20.00", external_id="second")
    assert names(buyers, of_kind("only_purchase", window=LAST_30)) == set()
    make_refund(buyers, "second", ago(2), "20.00")
    assert names(buyers, of_kind("only_purchase", window=LAST_30)) == {"new"}
