"""One item's text that can't be stored is that item's error; the others of the batch are stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.makers.workspaces import make_key, make_workspace

pytestmark = pytest.mark.django_db

AT = "2026-01-05T10:00:00Z"
WHO = {"external_id": "c1"}

# Each batch: its name, an item that is fine, and where its text may be bad.
BATCHES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    (
        "contacts",
        "contacts",
        {"external_id": "c1", "email": "a@b.example", "tags": {"add": ["x"]}},
        ["external_id", "email", "phone"],
    ),
    (
        "products",
        "products",
        {"external_id": "p1", "name": "Tent"},
        ["external_id", "name", "brand", "url"],
    ),
    (
        "transactions",
        "transactions",
        {
            "external_id": "t1",
            "contact": WHO,
            "occurred_at": AT,
            "currency": "EUR",
            "total": "5.00",
        },
        ["external_id", "coupon", "sales_channel", "occurred_at", "currency"],
    ),
    (
        "visits",
        "visits",
        {"external_id": "v1", "contact": WHO, "occurred_at": AT, "url": "https://shop.example/"},
        ["external_id", "url", "referrer", "device"],
    ),
    (
        "activities",
        "activities",
        {
            "external_id": "a1",
            "contact": WHO,
            "occurred_at": AT,
            "kind": "form_submitted",
            "parameters": {"form": "x"},
        },
        ["external_id", "kind"],
    ),
    (
        "rates",
        "rates",
        {"currency": "PLN", "date": "2026-01-01", "rate": "0.23"},
        ["currency", "date", "rate"],
    ),
]


@pytest.mark.parametrize(("route", "name", "item", "fields"), BATCHES, ids=[b[0] for b in BATCHES])
@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"], ids=["nul", "lone-surrogate"])
def test_bad_text_is_its_items_error(
    client: Client, route: str, name: str, item: dict[str, Any], fields: list[str], bad: str
) -> None:
    workspace = make_workspace()
    _key, secret = make_key(workspace)
    items: list[Any] = [item]
    items += [{**item, "external_id": f"bad{i}", field: bad} for i, field in enumerate(fields)]
    if route == "rates":
        items = [item] + [{**item, field: bad} for field in fields]
    items += [bad, {bad: 1}]
    if "contact" in item:
        items.append({**item, "external_id": "whose", "contact": {"external_id": bad}})
    answer = client.post(
        f"/api/v1/{route}/batch",
        json.dumps({name: items}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.content
    results = answer.json()["results"]
    assert results[0]["status"] == "created", results[0]
    for result in results[1:]:
        assert result["status"] == "error", result
        assert all(error["path"].startswith(f"$.{name}[") for error in result["errors"])
