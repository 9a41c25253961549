"""A real shop's log, imported by command and asked over REST; each figure is found by hand, too.

Set KOHORTA_CDNOW, or keep the file beside the repository; without it the tests are skipped.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.makers.workspaces import make_key, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow_master.csv"
FILE = Path(os.environ.get("KOHORTA_CDNOW", BESIDE))
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FILE.exists(), reason="the CDNOW log is not here"),
]

END = date(1998, 7, 1)
AS_OF = "1998-07-01T00:00:00Z"
Log = dict[str, list[tuple[date, int]]]
SPENT, ORDERS = "transactions.amount_spent", "transactions.number_of_orders"
JUNE = {"from": "1998-06-01"}
MARCH = {"from": "1997-03-01", "to": "1997-03-31"}
LAST_90 = {"last": 90, "unit": "days"}


def row(type: str, operator: str = "", **values: Any) -> dict[str, Any]:
    return {"type": type, **({"operator": operator} if operator else {}), **values}


def ago(days: int) -> date:
    return END - timedelta(days=days)


def spent(orders: list[tuple[date, int]], since: date = date.min) -> int:
    return sum(cents for day, cents in orders if day >= since)


def gap(orders: list[tuple[date, int]]) -> float:
    """Days from the first order to the last, shared out over the gaps between them."""
    return (orders[-1][0] - orders[0][0]).days / (len(orders) - 1)


# name: (row, the same in plain Python over one customer's orders, oldest first)
FIGURES: dict[str, tuple[dict[str, Any], Any]] = {
    "exactly one transaction": (
        row(ORDERS, "exactly", number=1),
        lambda orders: len(orders) == 1,
    ),
    "ten or more": (row(ORDERS, "at_least", number=10), lambda orders: len(orders) >= 10),
    "last in June 1998": (
        row("transactions.last_purchase", window=JUNE),
        lambda orders: orders[-1][0] >= date(1998, 6, 1),
    ),
    "spent exactly 11.77": (
        row(SPENT, "exactly", amount="11.77"),
        lambda orders: spent(orders) == 1177,
    ),
    "spent nothing": (row(SPENT, "exactly", amount="0.00"), lambda orders: spent(orders) == 0),
    "spent 100 to 200": (
        row(SPENT, "between", amount="100.00", upper="200.00"),
        lambda orders: 10_000 <= spent(orders) <= 20_000,
    ),
    "spent more than 50 in 90 days": (
        row(SPENT, "more_than", amount="50.00", window=LAST_90),
        lambda orders: spent(orders, ago(90)) > 5_000,
    ),
    "spent less than 50 in 90 days": (
        row(SPENT, "less_than", amount="50.00", window=LAST_90),
        lambda orders: spent(orders, ago(90)) < 5_000,
    ),
    "average of 40 or more": (
        row("transactions.average_order", "at_least", amount="40.00"),
        lambda orders: spent(orders) >= 4_000 * len(orders),
    ),
    "first in March 1997": (
        row("transactions.first_purchase", window=MARCH),
        lambda orders: date(1997, 3, 1) <= orders[0][0] <= date(1997, 3, 31),
    ),
    "only one, in March 1997": (
        row("transactions.only_purchase", window=MARCH),
        lambda orders: len(orders) == 1 and date(1997, 3, 1) <= orders[0][0] <= date(1997, 3, 31),
    ),
    "two or more in 90 days": (
        row(ORDERS, "at_least", number=2, window=LAST_90),
        lambda orders: sum(day >= ago(90) for day, _cents in orders) >= 2,
    ),
    "none in 90 days": (
        row(ORDERS, "exactly", number=0, window=LAST_90),
        lambda orders: all(day < ago(90) for day, _cents in orders),
    ),
    "last 30 to 60 days ago": (
        row("transactions.last_purchase", window={"between": [30, 60], "unit": "days"}),
        lambda orders: ago(60) <= orders[-1][0] < ago(30),
    ),
    "every 30 days or more often": (
        row("transactions.days_between_orders", "at_most", days=30),
        lambda orders: len(orders) > 1 and gap(orders) <= 30,
    ),
    "largest of 100 or more": (
        row("transactions.largest_order", "at_least", amount="100.00"),
        lambda orders: max(cents for _day, cents in orders) >= 10_000,
    ),
    "smallest below 10": (
        row("transactions.smallest_order", "less_than", amount="10.00"),
        lambda orders: min(cents for _day, cents in orders) < 1_000,
    ),
    "in December 1997": (
        row(ORDERS, "at_least", number=1, window={"from": "1997-12-01", "to": "1997-12-31"}),
        lambda orders: any(date(1997, 12, 1) <= day < date(1998, 1, 1) for day, _cents in orders),
    ),
}
BY_HAND = {
    "exactly one transaction": "HAVING count(*) = 1",
    "ten or more": "HAVING count(*) >= 10",
    "last in June 1998": "HAVING max(occurred_at) >= '1998-06-01T00:00Z'",
    "spent exactly 11.77": "HAVING sum(goods_amount) = 1177",
    "average of 40 or more": "HAVING sum(goods_amount) >= 4000 * count(*)",
    "none in 90 days": "HAVING max(occurred_at) < '1998-04-02T00:00Z'",
}
PUBLISHED = {
    "exactly one transaction": 11_908,
    "ten or more": 1_154,
    "last in June 1998": 1_506,
    "spent exactly 11.77": 697,
}


def read_log(path: Path) -> Log:
    log: Log = defaultdict(list)
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            cents = int(Decimal(line["amount"]) * 100)
            log[line["customer_id"]].append((date.fromisoformat(line["date"]), cents))
    return {customer: sorted(orders) for customer, orders in log.items()}


def import_file(workspace: Workspace, path: Path) -> dict[str, Any]:
    out = io.StringIO()
    call_command(
        "import", "transactions", str(path), "--workspace", str(workspace.pk),
        stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    return dict(json.loads(out.getvalue().splitlines()[-1]))


def evaluate(key: str, where: Any, **more: Any) -> dict[str, Any]:
    response = Client().post(
        "/api/v1/segments/evaluate",
        data=json.dumps({"where": where, "as_of": AS_OF, **more}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert response.status_code == 200, response.content
    return dict(response.json())


def count_by_hand(workspace: Workspace, having: str) -> int:
    sql = f"""
        SELECT count(*) FROM (
            SELECT contact_id FROM transactions_transaction
            WHERE workspace_id = %s AND superseded_at IS NULL AND kind = 'purchase'
              AND status IN ('paid', 'fulfilled') AND occurred_at < '1998-07-01T00:00Z'
            GROUP BY contact_id {having}) AS buyers
    """
    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute(sql, [workspace.pk])
        return int(cursor.fetchone()[0])


def check_figures(workspace: Workspace, log: Log) -> dict[str, int]:
    """All figures at once, as rows of one tree, against plain Python and SQL by hand."""
    _, key = make_key(workspace)
    answer = evaluate(key, {"any": [where for where, _plain in FIGURES.values()]})
    sizes = {node["path"]: node["size"] for node in answer["nodes"]}
    found = {name: sizes[f"$.where.any[{index}]"] for index, name in enumerate(FIGURES)}
    expected = {name: sum(map(plain, log.values())) for name, (_where, plain) in FIGURES.items()}
    assert found == expected
    assert answer["universe"] == len(log)
    for name, having in BY_HAND.items():
        assert found[name] == count_by_hand(workspace, having), name

    best = row("ranks.top", by="amount_spent", unit="contacts", number=100)
    top = evaluate(key, best, members={"limit": 200})
    ranked = sorted(log, key=lambda customer: (-spent(log[customer]), customer))
    assert {member["external_id"] for member in top["members"]} == set(ranked[:100])
    return found


def check_import(path: Path) -> dict[str, int]:
    workspace = make_workspace(time_zone="UTC", base_currency="USD")
    log = read_log(path)
    rows = sum(map(len, log.values()))

    first = import_file(workspace, path)
    assert (first["rows"], first["created"], first["rejected"]) == (rows, rows, 0)
    assert first["contacts_created"] == len(log)
    found = check_figures(workspace, log)

    again = import_file(workspace, path)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, rows)
    total = "SELECT sum(goods_amount), count(*) FROM transactions_transaction"
    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute(f"{total} WHERE workspace_id = %s", [workspace.pk])
        assert cursor.fetchone() == (sum(map(spent, log.values())), rows)
    return found


def test_every_tenth_customer_of_the_log_is_counted_as_plain_python_counts_them(tmp_path):
    sample = tmp_path / "sample.csv"
    with FILE.open() as source, sample.open("w") as target:
        target.write(next(source))
        target.writelines(line for line in source if line.split(",")[1].endswith("0"))
    check_import(sample)


@pytest.mark.night
def test_the_whole_log_gives_the_figures_everybody_knows():
    found = check_import(FILE)
    assert {name: found[name] for name in PUBLISHED} == PUBLISHED
