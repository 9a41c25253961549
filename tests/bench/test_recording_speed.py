"""How long batches take; the demo shop loads some 100,000 facts through the same services."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.makers.tracking import visit_item, visits
from tests.makers.transactions import line_item, transaction_item, transactions
from tests.makers.workspaces import NOW, make_workspace
from transactions.models import Transaction
from workspaces.tenancy import workspace_scope

pytestmark = [pytest.mark.django_db, pytest.mark.bench]
MINUTE = timedelta(minutes=1)


def test_batches_of_a_thousand(capsys):
    shop = make_workspace()
    for turn in range(5):
        start = NOW - timedelta(days=600 - turn)
        seen = [
            visit_item(
                f"c{number % 400}",
                start + number * MINUTE,
                url="https://shop.example/?utm_source=google&utm_medium=cpc",
                pages=[
                    {
                        "url": f"https://shop.example/p/{page}",
                        "occurred_at": (start + number * MINUTE).isoformat(),
                        "product": f"p{page}",
                    }
                    for page in range(3)
                ],
            )
            for number in range(1000)
        ]
        bought = [
            transaction_item(
                f"c{number % 400}",
                start + number * MINUTE,
                lines=[
                    line_item("10.00", product=f"p{line}", brand="Nordica") for line in range(3)
                ],
                updated_at=(start + number * MINUTE).isoformat(),
            )
            for number in range(1000)
        ]
        changed = [
            item | {"status": "fulfilled", "updated_at": (NOW - MINUTE).isoformat()}
            for item in bought
        ]
        for name, call, items in (
            ("visits with 3 pages", visits, seen),
            ("transactions with 3 lines", transactions, bought),
            ("the same again", transactions, bought),
            ("changed transactions", transactions, changed),
        ):
            before = time.perf_counter()
            results = call(shop, *items)
            seconds = time.perf_counter() - before
            assert not any(result.is_error for result in results)
            with capsys.disabled():
                print(f"\n1,000 {name}: {seconds * 1000:.0f} ms", end="")  # noqa: T201
    with workspace_scope(shop):
        assert Transaction.objects.count() == 10_000
