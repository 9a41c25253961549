"""The same facts sent by several programs at once are stored once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from tests.makers.tracking import visit_item, visits
from tests.makers.transactions import (
    line_item,
    products,
    refund_item,
    refunds,
    transaction_item,
    transactions,
)
from tests.makers.workspaces import NOW, make_workspace
from tracking.models import Visit
from transactions.models import LineItem, Product, Refund, Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

HOUR = timedelta(hours=1)
WRITERS = 4


def at_once(call: Callable, workspace: Workspace, items: list) -> list[list[str]]:
    """The statuses each of several writers gets for the same batch."""

    def write(number: int) -> list[str]:
        try:
            # Every other writer sends them in the opposite order.
            mine = items[:: 1 if number % 2 else -1]
            return [result.status.value for result in call(workspace, *mine)]
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(write, range(WRITERS)))


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_from_several_writers_is_stored_once():
    shop = make_workspace()
    goods = [{"external_id": f"p{number}", "name": f"P {number}"} for number in range(50)]
    seen = [visit_item(f"c{number % 20}", NOW - 9 * HOUR) for number in range(100)]
    bought = [
        transaction_item(
            f"c{number % 20}", NOW - 9 * HOUR, lines=[line_item("9.00", product=f"p{number % 60}")]
        )
        for number in range(100)
    ]
    back = [refund_item(item["external_id"], NOW, "1.00") for item in bought]

    for call, items in (
        (products, goods),
        (visits, seen),
        (transactions, bought),
        (refunds, back),
    ):
        answers = at_once(call, shop, items)
        said = [status for answer in answers for status in answer]
        assert said.count("created") == len(items)
        assert said.count("duplicate") == len(items) * (WRITERS - 1)

    with workspace_scope(shop):
        assert Product.objects.count() == 60
        assert Visit.objects.count() == 100
        assert Refund.objects.count() == 100
        assert Transaction.objects.current().count() == 100
        assert Transaction.objects.count() == LineItem.objects.count() == 200
        assert set(Transaction.objects.current().values_list("goods_amount", flat=True)) == {800}
        assert set(Transaction.objects.values_list("channel", flat=True)) == {"direct"}


@pytest.mark.django_db(transaction=True)
def test_statements_and_refunds_that_meet_lose_nothing():
    shop = make_workspace()
    item = transaction_item("ann", NOW - 50 * HOUR, "100.00", external_id="t")
    transactions(shop, item | {"updated_at": (NOW - 50 * HOUR).isoformat()})
    said = [
        item | {"coupon": f"c{number}", "updated_at": (NOW - (49 - number) * HOUR).isoformat()}
        for number in range(12)
    ]
    back = [refund_item("t", NOW - number * HOUR, "1.00") for number in range(12)]

    def write(task: tuple) -> str:
        try:
            call, sent = task
            return call(shop, sent)[0].status.value
        finally:
            connection.close()

    tasks = [task for pair in zip(said, back, strict=True) for task in pair]
    tasks = [(refunds if "transaction" in sent else transactions, sent) for sent in tasks]
    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(write, tasks))

    assert set(answers) == {"created", "updated"}
    with workspace_scope(shop):
        rows = Transaction.objects.filter(external_id="t").order_by("version_from")
        assert len({row.stated_at for row in rows}) == 13
        assert len(rows) == 13 + 12
        assert rows.reverse()[0].goods_amount == 8800
