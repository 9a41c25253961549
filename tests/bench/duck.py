"""The rival: the same arrays in DuckDB, in narrow tables with the types it likes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from tests.bench import names
from tests.bench.generate import Shop

# The row of statistics a contact, made from its own facts: what ours keeps and the questions use.
ROW = """
    CREATE TABLE stat AS
    SELECT contact, count(*)::INTEGER AS number, sum(cents)::BIGINT AS cents, max(ts) AS last_ts,
           bit_or(1 << channel::INTEGER) AS sources
    FROM tx WHERE counted GROUP BY contact ORDER BY contact
"""


def tables_of(shop: Shop) -> dict[str, dict[str, Any]]:
    """Integers as small as they get, instants, flags; facts in the order of time."""
    contacts, views, lines = shop.contacts, shop.page_views, shop.lines
    transactions = shop.transactions
    is_counted = (transactions["kind"] == 0) & np.array(names.COUNTED)[transactions["status"]]
    of = lines["transaction"]
    return {
        "contact": {
            "id": np.arange(1, shop.size + 1, dtype=np.int32),
            "city": contacts["city"],
            "gender": contacts["gender"],
            "score": contacts["score"],
        },
        "tag": {"contact": shop.tags["contact"], "tag": shop.tags["tag"]},
        "visit": {
            **_fact(shop.visits),
            "channel": shop.visits["channel"],
            "campaign": shop.visits["campaign"],
        },
        "page_view": {**_fact(views), "product": views["product"]},
        "activity": {**_fact(shop.activities), "kind": shop.activities["kind"]},
        "mail": {
            **_fact(shop.message_events),
            "kind": shop.message_events["kind"],
            "by_machine": shop.message_events["is_machine"],
        },
        "tx": {
            **_fact(transactions),
            "counted": is_counted,
            "channel": transactions["channel"],
            "paid": np.array(names.IS_PAID)[transactions["channel"]],
            "cents": transactions["amount"],
        },
        "item": {
            "contact": transactions["contact"][of],
            "ts": transactions["at"][of].view("datetime64[us]"),
            "tx": of,
            "counted": is_counted[of] & (lines["quantity"] > 0),
            "brand": shop.products["brand"][lines["product"]],
            "product": lines["product"].astype(np.int16),
            "cents": lines["amount"],
        },
    }


def _fact(table: Mapping[str, Any]) -> dict[str, Any]:
    return {"contact": table["contact"], "ts": table["at"].view("datetime64[us]")}


def open_duck(path: Path | None = None) -> duckdb.DuckDBPyConnection:
    """In memory, or the database kept in a file; as many threads as it takes by itself."""
    return duckdb.connect(str(path) if path else ":memory:")


def fill_duck(duck: duckdb.DuckDBPyConnection, shop: Shop) -> None:
    """Make the tables, and statistics for its planner."""
    for name, columns in tables_of(shop).items():
        duck.register("arrays", columns)
        missing = "score" if name == "contact" else ""
        chosen = ", ".join(
            f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END AS {column}"
            if column == missing
            else column
            for column in columns
        )
        duck.execute(f"CREATE TABLE {name} AS SELECT {chosen} FROM arrays")
        duck.unregister("arrays")
    duck.execute(ROW)
    duck.execute("ANALYZE")
    duck.execute("CHECKPOINT")
