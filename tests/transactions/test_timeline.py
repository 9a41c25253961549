"""Version timelines: any order of statements and refunds gives the same one."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.makers.transactions import (
    line_item,
    make_rate,
    make_refund,
    make_transaction,
    refund_item,
    refunds,
    transaction_item,
    transactions,
    version_at,
    versions,
)
from tests.makers.workspaces import NOW, make_workspace
from transactions.models import BEGINNING, LineItem, Refund, Transaction
from transactions.timeline import (
    RefundPart,
    RefundSaid,
    StatedLine,
    Statement,
    give_back,
    shares_of,
    to_base,
    versions_of,
)
from workspaces.models import Workspace
from workspaces.money import decimals_of, from_minor_units, to_minor_units
from workspaces.tenancy import workspace_scope

_numbers = count(1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = NOW - 100 * DAY


def statement(stated_at=FIRST, *lines: tuple[int, int], shipping=0, currency="EUR", **fields):
    said = tuple(
        StatedLine(number=number, quantity=quantity, amount=amount, product_id=number)
        for number, (quantity, amount) in enumerate(lines, start=1)
    )
    values = {
        "contact_id": 1,
        "occurred_at": FIRST,
        "received_at": NOW,
        "is_clamped": False,
        "kind": "purchase",
        "status": "paid",
        "rate": Decimal(1),
        "goods": sum(line.amount for line in said),
        "digest": "",
    } | fields
    return Statement(
        stated_at=stated_at, lines=said, shipping=shipping, currency=currency, **values
    )


def refund(name: str, at, amount: int, *parts: RefundPart) -> RefundSaid:
    return RefundSaid(external_id=name, occurred_at=at, amount=amount, parts=parts)


# Pure


def test_amounts_are_exact_for_100000_random_amounts_of_any_currency():
    chance = random.Random(20)
    for _ in range(100_000):
        currency = chance.choice(["EUR", "PLN", "JPY", "KWD", "BRL", "KRW", "TND"])
        base = chance.choice(["EUR", "PLN", "JPY", "KWD"])
        digits = decimals_of(currency)
        amount = Decimal(chance.randrange(10 ** chance.randrange(1, 14))).scaleb(-digits)
        rate = Decimal(chance.randrange(1, 10 ** chance.randrange(1, 15))).scaleb(-10)
        said = statement(FIRST, (1000, 0), currency=currency, rate=rate)

        minor = to_minor_units(f"{amount:f}", currency)
        assert Decimal(from_minor_units(minor, currency)) == amount
        expected = amount * (1 if base == currency else rate)
        assert to_base(minor, said, base) == int(
            expected.scaleb(decimals_of(base)).to_integral_value(ROUND_HALF_UP)
        )


@given(
    amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=9)
)
def test_shares_add_up_and_take_no_more_than_there_is(amount, weights):
    if sum(weights) == 0:
        return
    amount = min(amount, sum(weights))
    shares = shares_of(amount, weights)

    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


def instants(count: int = 40) -> st.SearchStrategy:
    return st.integers(0, count).map(lambda number: FIRST + number * DAY)


STATEMENTS = st.lists(
    st.tuples(
        instants(),
        st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 9999)), min_size=0, max_size=4),
        st.integers(0, 999),
        st.sampled_from(["pending", "paid", "fulfilled", "cancelled"]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each[0],
)
REFUNDS = st.lists(
    st.tuples(
        instants(),
        st.integers(0, 3000),
        st.none() | st.tuples(st.integers(1, 4), st.integers(0, 2000), st.integers(0, 3000)),
    ),
    max_size=5,
)


def said_and_given_back(said, returns):
    statements = [
        statement(at, *lines, shipping=shipping, status=status)
        for at, lines, shipping, status in said
    ]
    given_back = []
    for number, (at, amount, part) in enumerate(returns):
        parts = (RefundPart(part[0], None, part[1], part[2]),) if part else ()
        total = max(amount, part[2] if part else 0)
        given_back.append(refund(f"r{number}", at, total, *parts))
    return statements, given_back


@given(said=STATEMENTS, returns=REFUNDS, chance=st.randoms())
def test_the_order_of_arrival_does_not_change_the_timeline(said, returns, chance):
    statements, given_back = said_and_given_back(said, returns)
    expected = versions_of(statements, given_back)

    chance.shuffle(statements)
    chance.shuffle(given_back)

    assert versions_of(statements, given_back) == expected


@given(said=STATEMENTS, returns=REFUNDS)
def test_exactly_one_version_holds_at_any_instant_and_nothing_is_negative(said, returns):
    statements, given_back = said_and_given_back(said, returns)
    timeline = versions_of(statements, given_back)

    assert timeline[0].version_from == BEGINNING
    assert timeline[-1].superseded_at is None
    for before, after in pairwise(timeline):
        assert before.superseded_at == after.version_from > before.version_from
    for version in timeline:
        said, given_back = version.statement, version.given
        assert 0 <= given_back.goods <= said.goods
        assert 0 <= given_back.shipping <= said.shipping
        if said.lines:
            assert sum(given_back.amounts.values()) == given_back.goods
        for line in said.lines:
            assert 0 <= given_back.amounts[line.number] <= line.amount
            assert 0 <= given_back.quantities[line.number] <= line.quantity
        if version.status == "refunded":
            assert given_back.goods == said.goods


@given(said=STATEMENTS, returns=REFUNDS)
def test_nothing_given_back_is_lost(said, returns):
    statements, given_back = said_and_given_back(said, returns)
    for version in versions_of(statements, given_back):
        due = sum(each.amount for each in given_back if each.occurred_at <= version.version_from)
        assert version.given.goods + version.given.shipping + version.given.excess == due


def test_a_refund_without_lines_is_spread_over_what_is_left_of_them():
    said = statement(FIRST, (1000, 100), (1000, 200), shipping=50)

    given_back = give_back(said, [refund("a", NOW, 100)])
    assert given_back.amounts == {1: 33, 2: 67}

    given_back = give_back(said, [refund("a", NOW, 100), refund("b", NOW, 240)])
    assert (given_back.goods, given_back.shipping) == (300, 40)
    assert given_back.quantities == {1: 1000, 2: 1000}  # nothing was bought in the end


def test_what_lines_do_not_explain_was_given_back_for_shipping():
    said = statement(FIRST, (2000, 100), shipping=50)
    given_back = give_back(said, [refund("a", NOW, 80, RefundPart(1, None, 1000, 50))])

    assert (given_back.goods, given_back.shipping, given_back.excess) == (50, 30, 0)


def test_a_refund_of_a_product_finds_its_line_in_statements_that_number_them_otherwise():
    turned = statement(FIRST, (1000, 100), (1000, 200))
    turned = Statement(
        **{name: getattr(turned, name) for name in turned.__slots__}
        | {
            "lines": (
                StatedLine(1, 1000, 200, product_id=2),
                StatedLine(2, 1000, 100, product_id=1),
            )
        }
    )
    given_back = give_back(turned, [refund("a", NOW, 100, RefundPart(None, 1, 1000, 100))])

    assert given_back.amounts == {1: 0, 2: 100}


# Stored


@pytest.fixture
def shop() -> Workspace:
    return make_workspace()


def stored(workspace: Workspace, external_id: str) -> list[tuple]:
    """Everything a timeline means, without ids."""
    with workspace_scope(workspace):
        rows = Transaction.objects.in_workspace(workspace).filter(external_id=external_id)
        return [
            (
                row.version_from,
                row.superseded_at,
                row.status,
                row.goods_amount,
                row.shipping_amount,
                row.total_amount,
                row.refunded_amount,
                row.refunded_shipping_amount,
                tuple(
                    LineItem.objects.filter(transaction=row)
                    .order_by("line_number")
                    .values_list("line_number", "quantity", "amount", "refunded_amount", "status")
                ),
            )
            for row in rows.order_by("version_from")
        ]


@pytest.mark.django_db
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking stores too much
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_of_arrival_is_stored_as_the_same_versions(shop, data):
    number = next(_numbers)  # all examples share the database
    moments = data.draw(st.lists(instants(), min_size=2, max_size=5, unique=True))
    events = []
    for position, at in enumerate(moments[:-1]):
        lines = [line_item("50.00", product="a", quantity=5), line_item("20.00", product="b")]
        events.append(
            (
                "statement",
                transaction_item(
                    "ann",
                    FIRST,
                    lines=lines,
                    shipping="9.00",
                    status=["paid", "fulfilled"][position % 2],
                    coupon=f"coupon {position}",
                    updated_at=at.isoformat(),
                ),
            )
        )
    for position, kind in enumerate(data.draw(st.lists(st.integers(0, 3), max_size=4))):
        at = data.draw(instants())
        item = refund_item("", at, external_id=f"r{number}-{position}")
        if kind == 0:
            item["amount"] = "7.01"
        elif kind == 1:
            item["lines"] = [{"line": 1, "quantity": 1, "amount": "10.00"}]
        elif kind == 2:
            item["lines"] = [{"product": "a", "quantity": "0.5", "amount": "3.33"}]
        else:
            item |= {"amount": "12.00", "lines": [{"product": "b", "amount": "3.00"}]}
        events.append(("refund", item))
    order = data.draw(st.permutations(events))
    order.sort(key=lambda event: event is not events[0])  # a refund needs its transaction

    timelines = []
    for name, arrival in (("x", events), ("y", order)):
        external_id = f"{name}{number}"
        for kind, item in arrival:
            if kind == "statement":
                results = transactions(shop, item | {"external_id": external_id})
            else:
                own = item | {"transaction": external_id, "external_id": name + item["external_id"]}
                results = refunds(shop, own)
            assert not results[0].is_error, results
        timelines.append(stored(shop, external_id))

    assert timelines[0] == timelines[1]
    assert len(timelines[0]) == len(
        {BEGINNING, *sorted(moments[:-1])[1:]}
        | {row.occurred_at for row in refunds_of(shop, f"x{number}")}
    )


def refunds_of(workspace: Workspace, external_id: str) -> list[Refund]:
    with workspace_scope(workspace):
        return list(
            Refund.objects.in_workspace(workspace).filter(transaction__external_id=external_id)
        )


@pytest.mark.django_db
def test_a_refund_lowers_the_original_in_its_own_window_from_its_time_on(shop):
    bought = make_transaction(shop, "ann", NOW - 40 * DAY, lines=[line_item("100.00")])
    make_refund(shop, bought, NOW - DAY, "30.00")

    assert version_at(shop, bought.external_id, NOW - DAY - HOUR).goods_amount == 10000
    now = version_at(shop, bought.external_id, NOW)
    assert (now.goods_amount, now.refunded_amount, now.status) == (7000, 3000, "paid")
    # A wrong rule would count -30.00 in the last 30 days.
    with workspace_scope(shop):
        recent = Transaction.objects.current().filter(occurred_at__gte=NOW - 30 * DAY)
        assert not recent.exists()


@pytest.mark.django_db
def test_a_full_refund_makes_it_refunded_and_its_lines_not_bought(shop):
    bought = make_transaction(
        shop, "ann", NOW - 9 * DAY, lines=[line_item("60.00"), line_item("40.00")], shipping="5.00"
    )
    make_refund(shop, bought, NOW - 5 * DAY, "50.00")
    make_refund(shop, bought, NOW - DAY, "55.00")

    before, middle, after = versions(shop, bought.external_id)
    assert [row.status for row in (before, middle, after)] == ["paid", "paid", "refunded"]
    assert (after.goods_amount, after.shipping_amount, after.stated_status) == (0, 0, "paid")
    with workspace_scope(shop):
        lines = LineItem.objects.filter(transaction=after)
        assert [(line.quantity, line.amount) for line in lines] == [(0, 0), (0, 0)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"amount": "100.01"}, "$.amount"),
        ({"lines": [{"line": 1, "quantity": 2, "amount": "10.00"}]}, "$.lines"),
        ({"lines": [{"line": 2, "quantity": 1, "amount": "1.00"}]}, "$.lines[0].line"),
        ({"lines": [{"product": "b", "quantity": 1, "amount": "1.00"}]}, "$.lines[0].product"),
        ({"lines": [{"quantity": 1, "amount": "1.00"}]}, "$.lines[0]"),
        ({"amount": "1.00", "lines": [{"line": 1, "amount": "2.00"}]}, "$.amount"),
        ({"amount": "1.001"}, "$.amount"),
        ({}, "$.amount"),
        ({"transaction": "unknown", "amount": "1.00"}, "$.transaction"),
    ],
)
def test_refunds_that_cannot_be_are_errors(shop, item, path):
    bought = make_transaction(shop, "ann", NOW - DAY, lines=[line_item("100.00", product="a")])
    [result] = refunds(shop, refund_item(bought, NOW) | item)

    assert [error.path for error in result.errors] == [path]
    assert version_at(shop, bought.external_id, NOW).goods_amount == 10000


@pytest.mark.django_db
def test_refunds_of_one_batch_share_what_is_left(shop):
    bought = make_transaction(shop, "ann", NOW - DAY, "100.00")
    first = refund_item(bought, NOW, "60.00")

    results = refunds(shop, first, first, refund_item(bought, NOW, "60.00"))
    later = refunds(shop, refund_item(bought, NOW, "40.01"), refund_item(bought, NOW, "40.00"))

    statuses = [result.status.value for result in results + later]
    assert statuses == ["created", "duplicate", "error", "error", "created"]
    assert version_at(shop, bought.external_id, NOW).status == "refunded"


@pytest.mark.django_db
def test_a_refund_with_other_content_is_an_error(shop):
    bought = make_transaction(shop, "ann", NOW - DAY, "100.00")
    item = refund_item(bought, NOW, "60.00")
    results = refunds(shop, item) + refunds(shop, item | {"amount": "10.00"})

    assert results[1].errors[0].code == "different_content"
    assert version_at(shop, bought.external_id, NOW).goods_amount == 4000


@pytest.mark.django_db
def test_margins_follow_what_was_given_back(shop):
    bought = make_transaction(
        shop, "ann", NOW - DAY, lines=[line_item("100.00", quantity=4, cost="40.00")]
    )
    make_refund(shop, bought, NOW, lines=[{"line": 1, "quantity": 1, "amount": "25.00"}])

    now = version_at(shop, bought.external_id, NOW)
    assert (bought.cost_amount, now.goods_amount, now.cost_amount) == (4000, 7500, 3000)


@pytest.mark.django_db
def test_parts_add_up_to_the_whole_in_the_base_currency(shop):
    make_rate(shop, "JPY", "2025-01-01", "0.0061")
    lines = [line_item(str(amount)) for amount in (101, 103, 107, 109, 113)]
    bought = make_transaction(shop, "ann", NOW - DAY, lines=lines, currency="JPY", shipping="7")
    make_refund(shop, bought, NOW, "211")

    for row in versions(shop, bought.external_id):
        with workspace_scope(shop):
            parts = LineItem.objects.filter(transaction=row).values_list("amount", flat=True)
            assert sum(parts) == row.goods_amount
        assert row.goods_amount + row.shipping_amount == row.total_amount
