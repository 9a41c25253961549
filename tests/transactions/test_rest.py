"""Products, transactions, refunds, rates, visits and activities over REST."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.makers.tracking import activity_item, visit_item
from tests.makers.transactions import line_item, refund_item, transaction_item
from tests.makers.workspaces import make_key, make_workspace
from transactions.models import Transaction
from workspaces.policies import Action
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db
AT = timezone.now().replace(microsecond=0) - timedelta(days=2)


class Program:
    """A client with a bearer key."""

    def __init__(self, workspace, scopes: list[str] | None = None) -> None:
        text = make_key(workspace, scopes)[1]
        self.client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, path: str, **query: Any):
        return self.client.get(f"/api/v1/{path}", query)

    def send(self, method: str, path: str, body: Any = None):
        raw = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, f"/api/v1/{path}", raw, "application/json")

    def batch(self, name: str, *items: Any, query: str = ""):
        return self.send("POST", f"{name}/batch{query}", {name: list(items)})


def statuses(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [result["status"] for result in answer.json()["results"]]


@pytest.fixture
def program() -> Program:
    return Program(make_workspace())


def test_a_shop_sends_everything_it_knows_and_reads_it_back(program):
    product = {"external_id": "boots", "name": "Boots", "brand": "Nordica", "price": "99.90"}
    assert statuses(program.batch("products", product, product)) == ["created", "duplicate"]
    rates = [{"currency": "PLN", "date": "2020-01-01", "rate": "0.25"}]
    assert statuses(program.batch("rates", *rates)) == ["created"]
    assert statuses(program.batch("visits", visit_item("ann", AT, duration=60))) == ["created"]
    bought = transaction_item(
        "ann", AT, currency="PLN", lines=[line_item("40.00", product="boots")]
    )
    assert statuses(program.batch("transactions", bought)) == ["created"]
    refunded = refund_item(bought["external_id"], AT + timedelta(hours=1), "10.00")
    assert statuses(program.batch("refunds", refunded)) == ["created"]
    went = activity_item("ann", "seminar", AT, parameters={"city": "Gdynia"})
    assert statuses(program.batch("activities", went)) == ["error"]
    assert statuses(program.batch("activities", went, query="?define=true")) == ["created"]

    [row] = program.get("transactions/").json()["results"]
    assert (row["goods"], row["refunded"], row["source"]["channel"]) == ("7.50", "2.50", "direct")
    assert row["lines"][0]["product"] == "boots"
    assert program.get(f"transactions/{row['id']}/").json()["external_id"] == bought["external_id"]
    assert program.get("products/", search="BOO").json()["results"][0]["price"] == "99.90"
    assert program.get("refunds/").json()["results"][0]["amount"] == "2.50"
    assert program.get("rates/").json()["results"][0]["currency"] == "PLN"
    assert program.get("visits/", channel="direct").json()["results"][0]["duration"] == 60
    found = program.get("activities/", kind="seminar").json()["results"]
    assert found[0]["parameters"] == {"city": "Gdynia"}
    assert program.get("brands/").json()["results"][0]["number_of_products"] == 1
    card = program.get(f"contacts/{row['contact_id']}/").json()
    assert [len(card["visits"]), len(card["transactions"])] == [1, 1]


def test_paths_of_errors_start_at_the_body(program):
    item = transaction_item("ann", AT, lines=[line_item("1.00"), line_item("oops")])
    [result] = program.batch("transactions", item).json()["results"]

    assert result["errors"][0]["path"] == "$.transactions[0].lines[1].amount"


@pytest.mark.parametrize(
    "item",
    [
        None,
        [],
        "x",
        {"external_id": 5},
        {"external_id": "x" * 201},
        {"external_id": "x", "contact": "ann"},
        {"external_id": "x", "lines": {}},
        {"external_id": "x", "occurred_at": "9999-12-31T23:59:59-12:00"},
        {"external_id": "x", "occurred_at": "0001-01-01T00:00:00+14:00"},
        {"external_id": "x", "lines": [{"quantity": "1e999999999", "amount": "1.00"}]},
        {"external_id": "x", "lines": [{"quantity": 10**300, "amount": "1.00"}]},
        {"external_id": "x", "total": "99999999999999999999"},
        {"external_id": "x", "currency": "ZZZ"},
        {"external_id": "x", "properties": {"__proto__": 1}},
    ],
)
@pytest.mark.parametrize("name", ["transactions", "products", "refunds", "rates", "visits"])
def test_hostile_items_are_item_errors(program, name, item):
    assert statuses(program.batch(name, item)) == ["error"]


def test_a_foreign_workspaces_things_are_not_there(program):
    other = make_workspace("Other")
    stranger = Program(other)
    bought = transaction_item("ann", AT, "5.00")
    stranger.batch("transactions", bought)
    with workspace_scope(other):
        pk = Transaction.objects.get().pk

    assert program.get(f"transactions/{pk}/").status_code == 404
    assert program.get("transactions/").json()["results"] == []
    [refused] = program.batch("refunds", refund_item(bought["external_id"], AT, "1.00")).json()[
        "results"
    ]
    assert refused["errors"][0]["code"] == "unknown_transaction"


def test_keys_need_the_right_scope():
    reader = Program(make_workspace(), [Action.READ_CONTACTS.value])

    assert reader.batch("visits", visit_item("ann", AT)).status_code == 403
    assert reader.get("visits/").status_code == 200


def test_kinds_of_activities_are_declared_changed_and_deleted(program):
    made = program.send(
        "POST",
        "activity-kinds/",
        {"key": "survey", "label": "Survey", "parameters": [{"key": "score", "type": "number"}]},
    )
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    changed = program.send(
        "PATCH",
        f"activity-kinds/{pk}/",
        {"label": "Answered a survey", "parameters": [{"key": "city", "type": "text"}]},
    )
    assert [each["key"] for each in changed.json()["parameters"]] == ["score", "city"]
    bad = program.send("POST", "activity-kinds/", {"key": "Bad key"})
    assert bad.status_code == 400
    other = {"key": "survey", "parameters": [{"key": "score", "type": "text"}]}
    assert program.send("POST", "activity-kinds/", other).status_code == 400
    program.batch("activities", activity_item("ann", "survey", AT))
    assert program.send("DELETE", f"activity-kinds/{pk}/").status_code == 409
    fresh = program.send("POST", "activity-kinds/", {"key": "unused"}).json()["id"]
    assert program.send("DELETE", f"activity-kinds/{fresh}/").status_code == 204
