"""The statistics row of a contact is always what their transactions say."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier, Event
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from contacts.models import Contact
from contacts.services import erase_contact, merge_contacts
from tests.makers.tracking import make_visit
from tests.makers.transactions import (
    line_item,
    make_refund,
    make_transaction,
    refund_item,
    refunds,
    transaction_item,
    transactions,
)
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import TrafficChannel
from transactions.models import (
    NEVER_SETTLED,
    SOURCE_CHANNELS,
    UNKNOWN_CHANNEL,
    ContactStatistics,
    Transaction,
    source_bit,
)
from transactions.services import differing_statistics, rebuild_statistics
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
UNKNOWN = source_bit(UNKNOWN_CHANNEL, is_paid=False, has_utm=False)


@pytest.fixture
def shop(db: None) -> Workspace:
    return make_workspace()


def row_of(workspace: Workspace, external_id: str) -> ContactStatistics | None:
    with workspace_scope(workspace):
        return ContactStatistics.objects.filter(contact__external_id=external_id).first()


def assert_right(workspace: Workspace) -> None:
    assert differing_statistics(workspace=workspace) == []


def numbers_of(workspace: Workspace, external_id: str) -> tuple[Any, ...]:
    row = row_of(workspace, external_id)
    assert row is not None
    assert_right(workspace)
    return row.number_of_orders, row.goods_amount, row.shipping_amount, row.units, row.margin


def test_purchases_are_counted_and_summed(shop: Workspace):
    ski = line_item("200.00", product="ski", quantity=2, cost="150.00")
    pole = line_item("30.00", product="pole")
    make_transaction(shop, "ann", NOW - 9 * DAY, lines=[ski, pole], shipping="10.00")
    make_transaction(shop, "ann", NOW - 3 * DAY, "50.00")
    assert numbers_of(shop, "ann") == (2, 28_000, 1_000, 3_000, 5_000)
    row = row_of(shop, "ann")
    assert row is not None
    assert (row.smallest_order, row.largest_order, row.total_amount) == (5_000, 23_000, 29_000)
    assert (row.first_at, row.last_at) == (NOW - 9 * DAY, NOW - 3 * DAY)
    assert (row.settled_at, row.sources) == (NOW - 3 * DAY, UNKNOWN)


def test_what_does_not_count_has_a_row_of_nothing(shop: Workspace):
    make_transaction(shop, "ann", NOW - DAY, "50.00", status="pending")
    make_transaction(shop, "ann", NOW - HOUR, "50.00", kind="cart")
    assert numbers_of(shop, "ann") == (0, None, None, None, None)
    assert row_of(shop, "eve") is None


def test_later_statements_and_refunds_change_the_row_from_their_instants_on(shop: Workspace):
    bought = make_transaction(
        shop, "ann", NOW - 9 * DAY, lines=[line_item("40.00", product="ski", quantity=2)]
    )
    said = transaction_item("ann", NOW - 9 * DAY, external_id=bought.external_id)
    said |= {"lines": [line_item("60.00", product="ski", quantity=2)]}
    transactions(shop, said | {"updated_at": (NOW - 5 * DAY).isoformat()})
    assert numbers_of(shop, "ann") == (1, 6_000, 0, 2_000, None)
    make_refund(shop, bought, NOW - 2 * DAY, lines=[{"line": 1, "quantity": 1, "amount": "30"}])
    assert numbers_of(shop, "ann") == (1, 3_000, 0, 1_000, None)
    row = row_of(shop, "ann")
    assert row is not None
    assert row.settled_at == NOW - 2 * DAY
    transactions(shop, said | {"status": "cancelled", "updated_at": NOW.isoformat()})
    assert numbers_of(shop, "ann") == (0, None, None, None, None)


def test_visits_that_come_late_change_the_sources(shop: Workspace):
    make_transaction(shop, "ann", NOW - DAY, "50.00")
    make_visit(shop, "ann", NOW - DAY - HOUR / 4, url="https://shop.example/?gclid=1")
    row = row_of(shop, "ann")
    assert row is not None
    assert row.sources == source_bit("paid_search", is_paid=True, has_utm=False)
    assert_right(shop)


def test_every_channel_has_its_own_bits():
    assert {*TrafficChannel.values, UNKNOWN_CHANNEL} == set(SOURCE_CHANNELS)
    # Stored in rows: the order must never change.
    assert SOURCE_CHANNELS[:2] == ("paid_search", "paid_social")
    assert SOURCE_CHANNELS.index(UNKNOWN_CHANNEL) == 14
    bits = [
        source_bit(channel, is_paid=is_paid, has_utm=has_utm)
        for channel in SOURCE_CHANNELS
        for is_paid in (False, True)
        for has_utm in (False, True)
    ]
    assert len(set(bits)) == 4 * len(SOURCE_CHANNELS)
    assert max(bits) < 2**63


def test_a_merge_gives_the_winner_everything_and_leaves_no_second_row(shop: Workspace):
    mine = make_transaction(shop, "ann", NOW - 9 * DAY, "50.00")
    other = make_transaction(shop, "eve", NOW - 5 * DAY, "70.00")
    merge_contacts(workspace=shop, winner_id=mine.contact_id, loser_id=other.contact_id, now=NOW)
    assert numbers_of(shop, "ann") == (2, 12_000, 0, None, None)
    with workspace_scope(shop):
        assert ContactStatistics.objects.count() == 1


def test_an_erased_contact_keeps_sums_only(shop: Workspace):
    bought = make_transaction(
        shop,
        "ann",
        NOW - DAY,
        "50.00",
        source={"utm": {"source": "google", "medium": "cpc", "campaign": "winter"}},
    )
    erase_contact(workspace=shop, contact_id=bought.contact_id, now=NOW)
    assert_right(shop)
    with workspace_scope(shop):
        assert ContactStatistics.objects.get().goods_amount == 5_000


def test_sums_that_do_not_fit_never_settle(shop: Workspace):
    make_transaction(shop, "ann", NOW - DAY, "50.00")
    with workspace_scope(shop):
        Transaction.objects.update(goods_amount=2**62)
    make_transaction(shop, "ann", NOW - HOUR, "50.00")
    with workspace_scope(shop):
        Transaction.objects.update(goods_amount=2**62 + 2**61)
    make_transaction(shop, "ann", NOW - 2 * HOUR, "50.00")
    row = row_of(shop, "ann")
    assert row is not None
    assert (row.settled_at, row.goods_amount, row.number_of_orders) == (NEVER_SETTLED, None, 3)
    assert_right(shop)


# --- Rebuilding and checking -----------------------------------------------------------------


def checked(*arguments: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("check_statistics", *arguments, stdout=out)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    return out.getvalue(), code


def test_the_check_tells_wrong_missing_and_needless_rows_and_a_rebuild_corrects_them(
    shop: Workspace,
):
    make_transaction(shop, "ann", NOW - DAY, "50.00")
    make_transaction(shop, "eve", NOW - DAY, "70.00")
    gone = make_transaction(shop, "bob", NOW - DAY, "90.00")
    assert checked() == (f"Workspace {shop.pk}: 0 rows differ.\n", 0)
    with workspace_scope(shop):
        rows = ContactStatistics.objects.all()
        rows.filter(contact__external_id="ann").update(number_of_orders=7)
        rows.filter(contact__external_id="eve").delete()
        Transaction.objects.filter(pk=gone.pk).delete()
    said, code = checked("--workspace", str(shop.pk))
    assert code == 1
    assert "3 rows differ" in said
    assert "number_of_orders 7, should be 1" in said
    assert "no row" in said
    assert "a row without transactions" in said
    out = StringIO()
    call_command("rebuild_statistics", "--workspace", str(shop.pk), stdout=out)
    assert out.getvalue() == f"Workspace {shop.pk}: 3 rows corrected.\n"
    assert_right(shop)


def test_an_empty_table_is_filled_at_once(shop: Workspace):
    make_transaction(shop, "ann", NOW - DAY, "50.00")
    make_transaction(shop, "eve", NOW - DAY, "50.00", kind="cart")
    with workspace_scope(shop):
        ContactStatistics.objects.all().delete()
    assert rebuild_statistics(workspace=shop) == 2
    assert_right(shop)
    assert rebuild_statistics(workspace=shop) == 0


def test_workspaces_have_rows_of_their_own(shop: Workspace):
    make_transaction(shop, "ann", NOW - DAY, "50.00")
    other = make_workspace()
    assert differing_statistics(workspace=other) == []
    assert rebuild_statistics(workspace=other) == 0


# --- Writers at once -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_writer_that_commits_late_hides_nothing_from_the_next(is_known: bool):
    """Two transactions of one contact are stored at once, each blind to the other's."""
    shop = make_workspace()
    make_transaction(shop, "ann", NOW - 9 * DAY, "1.00", kind="purchase" if is_known else "cart")
    if not is_known:
        with workspace_scope(shop):
            Transaction.objects.all().delete()
        rebuild_statistics(workspace=shop)
    has_stored, may_commit = Event(), Event()

    def first() -> None:
        try:
            with workspace_scope(shop):
                make_transaction(shop, "ann", NOW - 5 * DAY, "10.00")
                has_stored.set()
                assert may_commit.wait(20)
        finally:
            connection.close()

    def second() -> None:
        try:
            assert has_stored.wait(20)
            make_transaction(shop, "ann", NOW - 4 * DAY, "10.00")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(first), pool.submit(second)]
        assert has_stored.wait(20)
        # Let the second get as far as it can before the first is done.
        is_blocked = wait_until_blocked(shop)
        may_commit.set()
        for task in tasks:
            task.result(30)
    assert is_blocked
    assert numbers_of(shop, "ann")[0] == (3 if is_known else 2)


def wait_until_blocked(workspace: Workspace) -> bool:
    """Whether some session comes to wait for another's lock within ten seconds."""
    statement = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' LIMIT 1"
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            if cursor.fetchone():
                return True
            cursor.execute("SELECT pg_sleep(0.05)")
    return False


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_leave_no_stale_row():
    shop = make_workspace()
    number = 4
    ready = Barrier(number)

    def write(writer: int) -> None:
        try:
            for turn in range(6):
                ready.wait(30)
                at = NOW - timedelta(minutes=1 + writer * 100 + turn)
                items = [transaction_item(f"c{each}", at, "10.00") for each in range(15)]
                results = transactions(shop, *items[:: 1 if writer % 2 else -1])
                assert not any(result.is_error for result in results)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(write, range(number)))
    assert_right(shop)
    with workspace_scope(shop):
        counts = set(ContactStatistics.objects.values_list("number_of_orders", flat=True))
    assert counts == {number * 6}


# --- Anything in any order -------------------------------------------------------------------


def scramble(shop: Workspace, chance: random.Random, writes: int) -> None:
    """Random purchases, carts, restatements, refunds, visits, merges and erasures."""
    people = [f"p{number}" for number in range(max(8, writes // 60))]
    bought: list[dict[str, Any]] = []
    for _ in range(writes):
        what = chance.random()
        at = NOW - timedelta(minutes=chance.randrange(1, 400 * 24 * 60))
        who = chance.choice(people)
        if what < 0.5 or not bought:
            bought.append(some_purchase(chance, who, at))
            transactions(shop, bought[-1])
        elif what < 0.7:
            change = {"status": chance.choice(["paid", "cancelled", "fulfilled", "pending"])}
            said = chance.choice(bought) | change
            if chance.random() < 0.3:
                said |= {"contact": {"external_id": who}}
            transactions(shop, said | {"updated_at": at.isoformat()})
        elif what < 0.82:
            refunds(shop, refund_item(chance.choice(bought)["external_id"], at, "3.00"))
        elif what < 0.94:
            make_visit(shop, who, at, url=chance.choice(URLS), duration=chance.randrange(4_000))
        else:
            merge_or_erase(shop, chance)


URLS = (
    "https://shop.example/",
    "https://shop.example/?gclid=1",
    "https://shop.example/?utm_source=news&utm_medium=email",
)


def some_purchase(chance: random.Random, who: str, at: Any) -> dict[str, Any]:
    item = transaction_item(
        who,
        at,
        kind=chance.choice(["purchase", "purchase", "purchase", "cart"]),
        shipping=chance.choice(["0", "4.99"]),
    )
    if chance.random() < 0.3:
        return item | {"total": "25.00"}
    lines = [
        line_item(f"{chance.randrange(4, 90)}.00", product=f"x{each}", quantity=each + 1)
        | ({"cost": "3.00"} if chance.random() < 0.5 else {})
        for each in range(chance.randrange(1, 4))
    ]
    return item | {"lines": lines}


def merge_or_erase(shop: Workspace, chance: random.Random) -> None:
    with workspace_scope(shop):
        live = list(Contact.objects.live().order_by("pk").values_list("pk", flat=True))
    if len(live) > 4 and chance.random() < 0.8:
        winner_id, loser_id = chance.sample(live, 2)
        merge_contacts(workspace=shop, winner_id=winner_id, loser_id=loser_id, now=NOW)
    elif len(live) > 4:
        erase_contact(workspace=shop, contact_id=chance.choice(live), now=NOW)


def test_random_writes_leave_every_row_right(shop: Workspace):
    scramble(shop, random.Random(7), 120)
    assert_right(shop)
    with workspace_scope(shop):
        assert ContactStatistics.objects.filter(number_of_orders__gt=1).exists()


@pytest.mark.night
def test_thousands_of_random_writes_leave_every_row_right(shop: Workspace):
    for seed in range(4):
        scramble(shop, random.Random(seed), 1_000)
        assert_right(shop)
