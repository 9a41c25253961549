from __future__ import annotations

import time

import pytest

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


def test_thousand_items_take_less_than_a_second():
    workspace = make_workspace()
    items = [
        {
            "external_id": f"c{i}",
            "email": f"person{i}@example.com",
            "phone": f"+4860{i:07}",
            "attributes": {
                "first_name": "Jan",
                "last_name": f"Nowak {i}",
                "city": "Kraków",
                "country": "PL",
                "birthday": "1990-05-17",
                "gender": "male",
            },
            "tags": {"add": ["vip", f"group {i % 10}"]},
            "consents": {"email": "granted"},
        }
        for i in range(1000)
    ]
    for status in (ItemStatus.CREATED, ItemStatus.DUPLICATE):
        started = time.perf_counter()
        results = upsert(workspace, *items)
        took = time.perf_counter() - started
        print(status, took)
        assert {result.status for result in results} == {status}
        assert took < 3  # under a second on a quiet machine
