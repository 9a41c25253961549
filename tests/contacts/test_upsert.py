from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.makers.contacts import history_of, make_contact, upsert
from tests.makers.workspaces import NOW, make_workspace
from workspaces.batches import ItemStatus

pytestmark = pytest.mark.django_db


def test_a_contact_is_created_with_everything_an_item_says():
    workspace = make_workspace()
    contact = make_contact(
        workspace,
        "a1",
        email="Ana.Souza@Example.COM",
        phone="+48 601 234 567",
        time_zone="Europe/Warsaw",
        attributes={"first_name": "Ana", "city": "Łódź", "birthday": "1990-02-28"},
        tags={"add": ["VIP"]},
        consents={"email": "granted"},
    )
    assert contact.email == "Ana.Souza@example.com"
    assert contact.email_key == "ana.souza@example.com"
    assert contact.phone == "+48601234567"
    assert contact.first_name == "Ana"
    assert contact.number == 1
    assert contact.known_since == NOW
    assert history_of(workspace, contact, "city") == [("Łódź", NOW, None)]


def full_items(first: int, count: int) -> list[dict[str, Any]]:
    return [
        {
            "external_id": f"c{number}",
            "email": f"person{number}@example.com",
            "phone": f"+4860{number:07}",
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
        for number in range(first, first + count)
    ]


def test_a_thousand_items_take_as_many_statements_as_ten_and_little_time():
    workspace = make_workspace()
    upsert(workspace, *full_items(0, 10))  # makes the tags
    with CaptureQueriesContext(connection) as few:
        upsert(workspace, *full_items(100, 10))
    started = time.process_time()
    with CaptureQueriesContext(connection) as many:
        results = upsert(workspace, *full_items(1000, 1000))
    took = time.process_time() - started
    assert {result.status for result in results} == {ItemStatus.CREATED}
    assert len(many) == len(few) < 30
    assert took < 2  # of this process; 0.5 s on a quiet machine, database included
    with CaptureQueriesContext(connection) as again:
        results = upsert(workspace, *full_items(1000, 1000))
    assert {result.status for result in results} == {ItemStatus.DUPLICATE}
    assert len(again) < 20
