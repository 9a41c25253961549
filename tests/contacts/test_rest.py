"""Contacts over REST, as an integrator with a key sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from contacts.models import AttributeType
from contacts.registry import Use, used_in
from tests.makers.contacts import make_attribute, make_contact, make_list
from tests.makers.workspaces import make_key, make_workspace
from workspaces.policies import Action

pytestmark = pytest.mark.django_db


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

    def post(self, path: str, body: Any):
        return self.send("POST", path, body)


def test_a_batch_stores_the_good_items_and_reports_the_bad_ones_with_their_paths():
    program = Program(make_workspace())
    items: list[dict[str, Any]] = [
        {"external_id": f"c{number}", "email": f"c{number}@example.com"} for number in range(1000)
    ]
    bad = dict(
        zip(
            range(3, 1000, 27),
            [
                ({"external_id": "x", "email": "no address"}, "$.contacts[{}].email"),
                ({"external_id": "x", "nickname": "Jo"}, "$.contacts[{}].nickname"),
                ({"external_id": "x", "observed_at": "2026-01-01"}, "$.contacts[{}].observed_at"),
                (
                    {"external_id": "x", "attributes": {"birthday": "31.12.1990"}},
                    "$.contacts[{}].attributes.birthday",
                ),
                ({"attributes": {"city": "Kraków"}}, "$.contacts[{}]"),
            ]
            * 8,
            strict=False,
        )
    )
    for number, (item, _path) in bad.items():
        items[number] = item
    answer = program.post("contacts/batch", {"contacts": items})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert len(bad) == 37
    assert [result["index"] for result in results] == list(range(1000))
    failed = {result["index"]: result for result in results if result["status"] == "error"}
    assert failed.keys() == bad.keys()
    for number, (_item, path) in bad.items():
        assert failed[number]["errors"][0]["path"] == path.format(number)
    assert sum(result["status"] == "created" for result in results) == 963
    again = program.post("contacts/batch", {"contacts": items}).json()["results"]
    assert sum(result["status"] == "duplicate" for result in again) == 963


def test_an_unknown_attribute_is_an_error_unless_the_call_declares_it():
    program = Program(make_workspace())
    items = {
        "contacts": [
            {
                "external_id": "a",
                "attributes": {"shoe_size": 42, "likes": ["tea"], "is_vip": True, "note": "hi"},
            }
        ]
    }
    [refused] = program.post("contacts/batch", items).json()["results"]
    assert [error["path"] for error in refused["errors"]] == [
        f"$.contacts[0].attributes.{key}" for key in ("shoe_size", "likes", "is_vip", "note")
    ]
    [created] = program.post("contacts/batch?define=true", items).json()["results"]
    assert created["status"] == "created"
    types = {each["key"]: each["type"] for each in program.get("attributes").json()["results"]}
    assert types["shoe_size"] == AttributeType.NUMBER
    assert types["likes"] == AttributeType.CHOICES
    assert types["is_vip"] == AttributeType.BOOLEAN
    assert types["note"] == AttributeType.TEXT
    card = program.get(f"contacts/{created['id']}").json()
    assert card["attributes"] == {
        "shoe_size": 42.0,
        "likes": ["tea"],
        "is_vip": True,
        "note": "hi",
    }


def test_contacts_are_found_by_external_id_email_tag_and_attribute():
    workspace = make_workspace()
    anna = make_contact(
        workspace,
        "anna",
        email="anna@example.com",
        tags={"add": ["vip", "gold"]},
        attributes={"city": "Kraków", "first_name": "Anna"},
    )
    make_contact(workspace, "bob", tags={"add": ["vip"]}, attributes={"city": "Łódź"})
    program = Program(workspace)

    def found(**query: Any) -> list[int]:
        return [each["id"] for each in program.get("contacts", **query).json()["results"]]

    assert found(external_id="anna") == [anna.pk]
    assert found(email="ANNA@example.com") == [anna.pk]
    assert found(tag=["vip", "gold"]) == [anna.pk]
    assert len(found(tag="vip")) == 2
    assert found(attribute="city:KRAKÓW") == [anna.pk]
    assert found(search="ann") == [anna.pk]
    assert found(external_id="nobody") == []
    assert program.get("contacts", attribute="nonsense:1").status_code == 400


def test_other_workspaces_contacts_are_not_there():
    stranger = make_contact(make_workspace("Other"), "a", email="a@example.com")
    program = Program(make_workspace())
    assert program.get("contacts").json()["results"] == []
    assert program.get(f"contacts/{stranger.pk}").status_code == 404
    assert program.send("DELETE", f"contacts/{stranger.pk}").status_code == 404
    own = make_list(make_workspace("Third"), "Theirs")
    assert program.post(f"lists/{own.pk}/contacts", {"contacts": [1]}).status_code == 404


def test_a_key_that_may_only_read_can_t_write():
    workspace = make_workspace()
    contact = make_contact(workspace)
    program = Program(workspace, [Action.READ_CONTACTS.value])
    assert program.get("contacts").status_code == 200
    assert program.post("contacts/batch", {"contacts": []}).status_code == 403
    assert program.send("DELETE", f"contacts/{contact.pk}").status_code == 403
    assert program.get(f"contacts/{contact.pk}/export").status_code == 403


def test_a_list_is_made_filled_read_and_emptied():
    workspace = make_workspace()
    program = Program(workspace)
    ids = [make_contact(workspace).pk for _ in range(3)]
    made = program.post("lists", {"name": "Fair", "contacts": ids[:1]})
    assert made.status_code == 201
    assert made.json()["size"] == 1
    path = f"lists/{made.json()['id']}/contacts"
    assert program.post(path, {"contacts": ids}).json()["size"] == 3
    members = program.get(path).json()["results"]
    assert {member["id"] for member in members} == set(ids)
    assert program.send("DELETE", path, {"contacts": ids[:2]}).json()["size"] == 1
    assert program.post(path, {"contacts": [2**50]}).status_code == 422
    assert program.post("lists", {"name": "Fair"}).status_code == 400


def test_a_tag_in_use_is_kept_and_a_free_one_goes():
    workspace = make_workspace()
    program = Program(workspace)
    tag = program.post("tags", {"name": "VIP"}).json()
    assert tag == {"id": tag["id"], "key": "vip", "name": "VIP", "size": 0}
    renamed = program.send("PATCH", f"tags/{tag['id']}", {"name": "Gold"}).json()
    assert (renamed["key"], renamed["name"]) == ("vip", "Gold")

    def in_a_segment(*, instances: Any, **_question: Any) -> dict[int, list[Use]]:
        return {instances[0].pk: [Use("segment", "Loyal buyers")]}

    used_in.register(in_a_segment)
    try:
        refused = program.send("DELETE", f"tags/{tag['id']}")
        assert refused.status_code == 409
        assert "Loyal buyers" in refused.json()["detail"]
    finally:
        used_in.forget(in_a_segment)
    assert program.send("DELETE", f"tags/{tag['id']}").status_code == 204
    assert program.get("tags").json()["results"] == []


def test_attributes_are_declared_changed_and_deleted_but_built_in_ones_stay():
    workspace = make_workspace()
    program = Program(workspace)
    made = program.post(
        "attributes", {"key": "size", "type": "choice", "options": ["S", {"key": "M"}]}
    ).json()
    assert made["options"] == [{"key": "S", "label": "S"}, {"key": "M", "label": "M"}]
    assert program.post("attributes", {"key": "Size!", "type": "text"}).status_code == 400
    assert program.post("attributes", {"key": "size", "type": "text"}).status_code == 400
    assert program.send("DELETE", f"attributes/{made['id']}").status_code == 204
    email = next(
        each for each in program.get("attributes").json()["results"] if each["key"] == "email"
    )
    assert program.send("DELETE", f"attributes/{email['id']}").status_code == 409


def test_consents_and_suppressions_are_kept_over_rest():
    workspace = make_workspace()
    program = Program(workspace)
    contact = make_contact(workspace, email="a@example.com")
    answer = program.post(
        f"contacts/{contact.pk}/consents",
        {"channel": "email", "status": "granted", "topic": "news", "ip": "10.0.0.1"},
    )
    assert [(each["topic"], each["status"]) for each in answer.json()] == [("news", "granted")]
    blocked = {"channel": "email", "address": "A@Example.com"}
    assert program.post("suppressions", blocked).status_code == 201
    assert program.post("suppressions", blocked).status_code == 201
    assert len(program.get("suppressions").json()["results"]) == 1
    assert program.post("suppressions/lift", blocked).status_code == 204
    assert program.get("suppressions").json()["results"] == []


def test_merging_exporting_and_erasing_over_rest():
    workspace = make_workspace()
    make_attribute(workspace, "shoe_size", "number")
    program = Program(workspace)
    winner = make_contact(workspace, "w", attributes={"city": "Kraków"})
    loser = make_contact(workspace, "l", attributes={"shoe_size": 42})
    merged = program.post("contacts/merge", {"winner": winner.pk, "loser": loser.pk}).json()
    assert merged["attributes"] == {"city": "Kraków", "shoe_size": 42.0}
    assert program.get(f"contacts/{loser.pk}").status_code == 404
    exported = program.get(f"contacts/{winner.pk}/export").json()
    assert {each["attribute"] for each in exported["attributes"]} == {"city", "shoe_size"}
    assert program.send("DELETE", f"contacts/{winner.pk}").status_code == 204
    assert program.get(f"contacts/{winner.pk}").status_code == 404
