"""How long batches take; the demo shop loads some 100,000 facts through the same services."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.makers.contacts import upsert
from tests.makers.tracking import visit_item, visits
from tests.makers.transactions import line_item, transaction_item, transactions
from tests.makers.workspaces import NOW, make_workspace
from transactions.models import Transaction
from workspaces.tenancy import workspace_scope

pytestmark = [pytest.mark.django_db, pytest.mark.bench]
MINUTE = timedelta(minutes=1)


def cpu_seconds() -> float:
    """Of this process and of its backend of PostgreSQL, where that runs on this machine."""
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    ticks = backend.read_text().rpartition(")")[2].split()[11:13] if backend.exists() else []
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def measured(call: Callable[..., Any], shop: Any, items: list[Any]) -> tuple[Any, str]:
    """What it answers, and how long it took."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    results = call(shop, *items)
    cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
    return results, f"{cpu * 1000:5.0f} ms of CPU, {wall * 1000:5.0f} ms"


def known_as(number: int) -> dict[str, Any]:
    return {
        "external_id": f"c{number}",
        "email": f"person{number}@example.com",
        "phone": f"+4860{number % 10_000_000:07}",
        "attributes": {
            "first_name": "Jan",
            "last_name": f"Nowak {number}",
            "city": "Kraków",
            "country": "PL",
            "birthday": "1990-05-17",
            "gender": "male",
        },
        "tags": {"add": ["vip", f"group {number % 10}"]},
        "consents": {"email": "granted"},
    }


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
        people = [known_as(number) for number in range(turn * 1000, turn * 1000 + 1000)]
        for name, call, items in (
            ("contacts with 8 attributes", upsert, people),
            ("known contacts", upsert, people),
            ("visits with 3 pages", visits, seen),
            ("transactions with 3 lines", transactions, bought),
            ("the same again", transactions, bought),
            ("changed transactions", transactions, changed),
        ):
            results, took = measured(call, shop, items)
            assert not any(result.is_error for result in results)
            with capsys.disabled():
                print(f"\n1,000 {name:28} {took}", end="")  # noqa: T201
    with workspace_scope(shop):
        assert Transaction.objects.count() == 10_000
