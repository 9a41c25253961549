"""What the shop last said of a transaction, its lines, carts and sources."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import ChangeKind, Contact, ContactChange
from tests.makers.tracking import make_visit
from tests.makers.transactions import (
    line_item,
    make_product,
    make_rate,
    make_transaction,
    transaction_item,
    transactions,
    version_at,
    versions,
)
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import SourceCoverage
from transactions.models import Brand, LineItem, LineProperty, Product, Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


def statuses(results: list) -> list[str]:
    return [result.status.value for result in results]


def test_a_total_alone_is_legal_and_shipping_is_not_goods(shop):
    bought = make_transaction(shop, "ann", NOW - DAY, "119.90", shipping="19.90")

    assert (bought.goods_amount, bought.shipping_amount, bought.total_amount) == (
        10000,
        1990,
        11990,
    )
    assert bought.cost_amount is None


def test_lines_are_authoritative_over_the_total(shop):
    lines = [line_item("10.00"), line_item("5.55", quantity="2.5")]
    bought = make_transaction(shop, "ann", NOW - DAY, "99.99", shipping="1.00", lines=lines)

    assert (bought.goods_amount, bought.total_amount) == (1555, 1655)
    with workspace_scope(shop):
        assert list(LineItem.objects.order_by("line_number").values_list("quantity", "amount")) == [
            (1000, 1000),
            (2500, 555),
        ]


def test_a_purchase_without_lines_or_total_is_an_error_and_a_cart_is_not(shop):
    results = transactions(
        shop,
        transaction_item("ann", NOW - DAY),
        transaction_item("ann", NOW - DAY, kind="cart", status="pending"),
        transaction_item("ann", NOW - DAY, "5.00", shipping="6.00"),
    )

    assert statuses(results) == ["error", "created", "error"]
    assert [results[0].errors[0].path, results[2].errors[0].path] == ["$.lines", "$.total"]


def test_the_statement_with_the_greatest_updated_at_wins_in_any_order(shop):
    item = transaction_item("ann", NOW - 3 * DAY, "10.00")
    paid = item | {"status": "paid", "updated_at": (NOW - 2 * DAY).isoformat()}
    sent = item | {"status": "fulfilled", "updated_at": (NOW - DAY).isoformat()}

    results = transactions(shop, sent) + transactions(shop, paid)

    assert statuses(results) == ["created", "updated"]
    assert version_at(shop, item["external_id"], NOW).status == "fulfilled"


def test_an_older_statement_that_comes_late_takes_its_place_in_the_history(shop):
    item = transaction_item("ann", NOW - 3 * DAY, "10.00")
    said = [
        item | {"status": "pending", "updated_at": (NOW - 3 * DAY).isoformat()},
        item | {"status": "paid", "updated_at": (NOW - 2 * DAY).isoformat()},
        item | {"status": "fulfilled", "updated_at": (NOW - DAY).isoformat()},
    ]
    transactions(shop, said[2])
    transactions(shop, said[0])
    transactions(shop, said[1])

    external_id = item["external_id"]
    assert version_at(shop, external_id, NOW - 300 * DAY).status == "pending"
    assert version_at(shop, external_id, NOW - 2 * DAY - MINUTE).status == "pending"
    assert version_at(shop, external_id, NOW - 2 * DAY).status == "paid"
    assert version_at(shop, external_id, NOW).status == "fulfilled"
    assert len({row.root_id for row in versions(shop, external_id)}) == 1


def test_the_same_statement_twice_is_a_duplicate(shop):
    item = transaction_item("ann", NOW - DAY, "10.00", updated_at=(NOW - HOUR).isoformat())
    bare = transaction_item("ann", NOW - DAY, "10.00")

    first = transactions(shop, item, bare)
    again = transactions(shop, item, bare, now=NOW + DAY)

    assert statuses(first) == ["created", "created"]
    assert statuses(again) == ["duplicate", "duplicate"]
    assert [result.id for result in again] == [result.id for result in first]
    assert len(versions(shop, item["external_id"])) == 1


def test_repeats_within_a_batch_are_settled_in_order(shop):
    item = transaction_item("ann", NOW - DAY, "10.00", updated_at=(NOW - 2 * HOUR).isoformat())
    later = item | {"total": "12.00", "updated_at": (NOW - HOUR).isoformat()}
    wrong = transaction_item("ann", NOW - DAY, "10.00", currency="JPY")

    results = transactions(shop, item, item, later, later, wrong, wrong)

    assert statuses(results) == ["created", "duplicate", "updated", "duplicate", "error", "error"]
    assert version_at(shop, item["external_id"], NOW).goods_amount == 1200


def test_without_updated_at_a_change_counts_from_now(shop):
    item = transaction_item("ann", NOW - DAY, "10.00", status="pending")
    transactions(shop, item)
    transactions(shop, item | {"status": "paid"}, now=NOW + HOUR)

    assert version_at(shop, item["external_id"], NOW).status == "pending"
    assert version_at(shop, item["external_id"], NOW + HOUR).status == "paid"


def test_purchases_of_the_future_are_clamped_and_still_recognised(shop):
    item = transaction_item("ann", NOW + DAY, "10.00", updated_at=(NOW + DAY).isoformat())
    results = transactions(shop, item) + transactions(shop, item, now=NOW + HOUR)

    [version] = versions(shop, item["external_id"])
    assert statuses(results) == ["created", "duplicate"]
    assert (version.occurred_at, version.is_clamped) == (NOW, True)


def test_lines_name_products_brands_and_categories_and_unknown_ones_are_made(shop):
    make_product(shop, "boots", brand="Nordica", category="Shoes", cost="4.00")
    make_transaction(
        shop,
        "ann",
        NOW - DAY,
        lines=[
            line_item(
                "10.00", product="boots", quantity=2, properties={"Size": "42 EU", "width": 9}
            ),
            line_item("3.00", product="laces", brand="nordica", name="Red laces"),
        ],
    )

    with workspace_scope(shop):
        boots, laces = LineItem.objects.select_related("brand", "category").order_by("line_number")
        assert (boots.brand.name, boots.category.name, boots.cost) == ("Nordica", "Shoes", 800)
        assert (laces.brand_id, laces.category_id, laces.cost) == (boots.brand_id, None, None)
        assert Product.objects.get(external_id="laces").name == "Red laces"
        assert Brand.objects.count() == 1
        assert list(
            LineProperty.objects.order_by("key").values_list("key", "text_key", "number")
        ) == [
            ("size", "42 eu", None),
            ("width", "9", 9.0),
        ]


def test_a_product_described_later_gives_its_brand_to_the_lines_sold_before(shop):
    make_transaction(shop, "ann", NOW - DAY, lines=[line_item("10.00", product="boots")])
    product = make_product(shop, "boots", brand="Nordica", updated_at=(NOW - HOUR).isoformat())

    with workspace_scope(shop):
        assert LineItem.objects.get().brand_id == product.brand_id is not None


def test_variants_come_with_their_product(shop):
    results = transactions(
        shop,
        transaction_item("ann", NOW, lines=[line_item("1.00", variant="boots-42")]),
        transaction_item(
            "ann", NOW, lines=[line_item("1.00", variant="boots-42", product="boots")]
        ),
        transaction_item("ann", NOW, lines=[line_item("1.00", variant="boots-43")]),
    )
    again = transactions(
        shop, transaction_item("ann", NOW, lines=[line_item("1.00", variant="boots-42")])
    )

    assert statuses(results + again) == ["error", "created", "error", "created"]
    assert results[0].errors[0].path == "$.lines[0].variant"
    with workspace_scope(shop):
        assert LineItem.objects.values("product").distinct().count() == 1


def test_a_batch_of_1000_with_37_bad_stores_963_and_names_the_paths(shop):
    bad, items = {}, []
    for index in range(1000):
        item = transaction_item(f"c{index % 70}", NOW - HOUR, lines=[line_item("1.10")])
        if index % 27 == 3:
            kind = len(bad) % 6
            if kind == 0:
                item["lines"][0]["amount"], bad[index] = "1.234", "$.lines[0].amount"
            elif kind == 1:
                item["currency"], bad[index] = "CHF", "$.currency"  # no rate
            elif kind == 2:
                item["status"], bad[index] = "lost", "$.status"
            elif kind == 3:
                item["contact"], bad[index] = {"email": "not an address"}, "$.contact.email"
            elif kind == 4:
                item["lines"][0]["quantity"], bad[index] = -1, "$.lines[0].quantity"
            else:
                item["lines"][0]["amount"], bad[index] = 1.1, "$.lines[0].amount"
        items.append(item)
    assert len(bad) == 37

    results = transactions(shop, *items)

    assert {r.index: r.errors[0].path for r in results if r.is_error} == bad
    with workspace_scope(shop):
        assert Transaction.objects.count() == 963
        assert Contact.objects.count() == 70


def test_a_missing_rate_is_an_error_and_a_known_one_converts(shop):
    make_rate(shop, "PLN", "2026-03-01", "0.25")
    results = transactions(
        shop,
        transaction_item("ann", NOW - DAY, "100.00", currency="PLN", shipping="10.00"),
        transaction_item("ann", NOW - 20 * DAY, "100.00", currency="PLN"),
    )

    assert statuses(results) == ["created", "error"]
    assert (results[1].errors[0].path, results[1].errors[0].code) == ("$.currency", "missing_rate")
    with workspace_scope(shop):
        bought = Transaction.objects.get()
        assert (bought.goods_amount, bought.shipping_amount) == (2250, 250)
        assert bought.original_goods_amount == 9000


def test_the_rate_is_that_of_the_local_date_and_stays(shop):
    make_rate(shop, "PLN", "2026-03-10", "0.20")
    make_rate(shop, "PLN", "2026-03-11", "0.30")
    # 23:30 UTC on the 10th is the 11th in Warsaw.
    at = NOW.replace(day=10, hour=23, minute=30)
    item = transaction_item("ann", at, "100.00", currency="PLN", status="pending")
    transactions(shop, item)
    make_rate(shop, "PLN", "2026-03-11", "0.40")

    assert version_at(shop, item["external_id"], NOW).goods_amount == 3000


def test_a_purchase_belongs_to_the_visit_it_happened_in(shop):
    visit = make_visit(shop, "ann", NOW - 2 * HOUR, channel="paid_search", duration=600)
    make_visit(shop, "bob", NOW - HOUR, channel="email")
    end = visit.ended_at + 30 * MINUTE
    inside = make_transaction(shop, "ann", end, "1.00", lines=[line_item("1.00")])
    outside = make_transaction(shop, "ann", end + timedelta(seconds=1), "1.00")

    assert (inside.channel, inside.is_paid_channel) == ("paid_search", True)
    assert inside.visit_id == visit.pk
    assert (outside.channel, outside.visit_id) == ("unknown", None)
    with workspace_scope(shop):
        assert LineItem.objects.get().channel == "paid_search"


def test_a_source_given_by_the_shop_goes_before_the_visit(shop):
    make_visit(shop, "ann", NOW - HOUR, channel="email")
    given = make_transaction(
        shop, "ann", NOW - HOUR, "1.00", source={"utm": {"source": "google", "medium": "cpc"}}
    )
    empty = make_transaction(shop, "ann", NOW - HOUR, "1.00", source={})

    assert (given.channel, given.is_source_given, given.utm_source) == (
        "paid_search",
        True,
        "google",
    )
    assert (empty.channel, empty.is_source_given) == ("email", False)


def test_late_visits_attribute_the_purchases_that_happened_in_them(shop):
    bought = make_transaction(shop, "ann", NOW - HOUR, lines=[line_item("1.00")])
    given = make_transaction(shop, "ann", NOW - HOUR, "1.00", source={"channel": "email"})
    assert bought.channel == "unknown"

    visit = make_visit(shop, "ann", NOW - HOUR - 10 * MINUTE, channel="display")

    assert version_at(shop, bought.external_id, NOW).visit_id == visit.pk
    assert version_at(shop, bought.external_id, NOW).channel == "display"
    assert version_at(shop, given.external_id, NOW).channel == "email"
    with workspace_scope(shop):
        assert LineItem.objects.get().is_paid_channel is True
        changes = ContactChange.objects.filter(kind=ChangeKind.TRANSACTION)
        assert changes.count() == 3


def test_a_later_statement_may_move_a_transaction_to_another_contact(shop):
    item = transaction_item("ann", NOW - DAY, "10.00")
    transactions(shop, item)
    transactions(shop, item | {"contact": {"external_id": "bob"}}, now=NOW + HOUR)

    before, after = versions(shop, item["external_id"])
    assert before.contact_id != after.contact_id
    with workspace_scope(shop):
        changed = ContactChange.objects.filter(kind=ChangeKind.TRANSACTION)
        assert {before.contact_id, after.contact_id} <= set(
            changed.values_list("contact_id", flat=True)
        )


def test_carts_keep_what_they_became(shop):
    cart = make_transaction(
        shop, "ann", NOW - DAY, kind="cart", status="pending", converted_to="order-1"
    )

    assert (cart.kind, cart.converted_to) == ("cart", "order-1")


def test_coverage_and_known_since_follow_the_earliest_transaction(shop):
    make_transaction(shop, "ann", NOW - 5 * DAY, "1.00")
    make_transaction(shop, "ann", NOW - 9 * DAY, "1.00")

    with workspace_scope(shop):
        assert SourceCoverage.objects.get(source="transactions").recorded_since == NOW - 9 * DAY
        assert Contact.objects.get().known_since == NOW - 9 * DAY


def test_results_name_the_transaction_itself_whatever_its_versions(shop):
    item = transaction_item("ann", NOW - DAY, "10.00")
    ids = {
        transactions(shop, item | {"total": f"{total}.00"}, now=NOW + total * HOUR)[0].id
        for total in range(1, 5)
    }

    assert len(ids) == 1
    assert {row.root_id for row in versions(shop, item["external_id"])} == ids
