"""Semantics 1, 7 and 24: what was true when, whatever order it was told in."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.models import (
    AttributeDefinition,
    ChangeKind,
    Consent,
    ContactCategory,
    ContactChange,
    ContactTag,
    Tag,
)
from contacts.services import create_category, tag_contacts, untag_contacts
from tests.makers.contacts import (
    days_ago,
    history_of,
    make_attribute,
    make_contact,
    read_contact,
    upsert,
    value_at,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.batches import ItemStatus
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def at(days: float) -> str:
    return days_ago(days).isoformat()


def changes(workspace, contact) -> set[ChangeKind]:
    with workspace_scope(workspace):
        rows = ContactChange.objects.in_workspace(workspace).filter(contact_id=contact.pk)
        found = {ChangeKind(kind) for kind in rows.values_list("kind", flat=True)}
        rows.delete()
        return found


def tag_periods(workspace, contact) -> list[tuple[str, Any, Any]]:
    with workspace_scope(workspace):
        rows = ContactTag.objects.in_workspace(workspace).filter(contact=contact)
        return list(rows.order_by("valid_from").values_list("tag__key", "valid_from", "valid_to"))


def test_backdated_values_are_spliced_in_and_the_latest_observed_is_current():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", attributes={"city": "Kraków"}, observed_at=at(10))
    upsert(workspace, {"external_id": "a", "attributes": {"city": "Gdynia"}, "observed_at": at(2)})
    upsert(workspace, {"external_id": "a", "attributes": {"city": "Łódź"}, "observed_at": at(5)})
    upsert(workspace, {"external_id": "a", "attributes": {"city": "Opole"}, "observed_at": at(20)})
    assert history_of(workspace, contact, "city") == [
        ("Opole", days_ago(20), days_ago(10)),
        ("Kraków", days_ago(10), days_ago(5)),
        ("Łódź", days_ago(5), days_ago(2)),
        ("Gdynia", days_ago(2), None),
    ]
    assert value_at(workspace, contact, "city", days_ago(6)) == "Kraków"
    assert value_at(workspace, contact, "city", days_ago(5)) == "Łódź"
    assert value_at(workspace, contact, "city", days_ago(21)) is None


def test_a_late_email_does_not_become_the_current_one():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", email="new@example.com")
    upsert(workspace, {"external_id": "a", "email": "old@example.com", "observed_at": at(30)})
    known = read_contact(workspace, contact.pk)
    assert known.email == "new@example.com"
    assert known.known_since == days_ago(30)
    assert [value for value, _from, _to in history_of(workspace, contact, "email")] == [
        "old@example.com",
        "new@example.com",
    ]


def test_a_value_changes_only_when_it_changes():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", attributes={"city": "Łódź"})
    changes(workspace, contact)
    [again] = upsert(workspace, {"external_id": "a", "attributes": {"city": "Łódź"}})
    assert again.status == ItemStatus.DUPLICATE
    assert len(history_of(workspace, contact, "city")) == 1
    assert changes(workspace, contact) == set()


def test_null_and_the_empty_string_take_a_value_away_and_are_never_stored():
    workspace = make_workspace()
    contact = make_contact(
        workspace, "a", phone="+48601234567", attributes={"city": "Łódź", "region": "x"}
    )
    later = days_ago(-1)
    upsert(
        workspace,
        {"external_id": "a", "phone": None, "attributes": {"city": "", "region": "  "}},
        now=later,
    )
    for key in ("phone", "city", "region"):
        [(_value, start, end)] = history_of(workspace, contact, key)
        assert (start, end) == (NOW, later)
    assert read_contact(workspace, contact.pk).phone == ""
    [nothing] = upsert(workspace, {"external_id": "a", "attributes": {"company": ""}}, now=later)
    assert nothing.status == ItemStatus.DUPLICATE


def test_each_choice_has_a_history_of_its_own():
    workspace = make_workspace()
    make_attribute(workspace, "likes", "choices", options=["tea", "coffee", "water"])
    contact = make_contact(
        workspace, "a", attributes={"likes": ["tea", "coffee"]}, observed_at=at(9)
    )
    upsert(
        workspace,
        {"external_id": "a", "attributes": {"likes": ["coffee", "water"]}, "observed_at": at(4)},
    )
    assert history_of(workspace, contact, "likes") == [
        ("coffee", days_ago(9), None),
        ("tea", days_ago(9), days_ago(4)),
        ("water", days_ago(4), None),
    ]


@pytest.mark.parametrize(
    ("type", "good", "bad"),
    [
        ("text", "hello", 5),
        ("number", 4.5, "4.5"),
        ("number", 4, True),
        ("number", 4, 10**400),
        ("boolean", True, "yes"),
        ("date", "2020-02-29", "2021-02-29"),
        ("date", "2020-02-29", "29.02.2020"),
        ("datetime", "2020-02-29T10:00:00+02:00", "2020-02-29T10:00:00"),
        ("choice", "S", "XXL"),
        ("choices", ["S"], "S"),
        ("choices", ["S", "M"], ["S", "XXL"]),
        ("text", "hello", {"a": 1}),
        ("text", "hello", "x" * 5000),
        ("text", "hello", "nul \x00"),
    ],
)
def test_values_are_typed_strictly(type, good, bad):
    workspace = make_workspace()
    options = ["S", "M"] if type.startswith("choice") else None
    make_attribute(workspace, "it", type, options=options)
    refused, stored = upsert(
        workspace,
        {"external_id": "a", "attributes": {"it": bad}},
        {"external_id": "b", "attributes": {"it": good}},
    )
    assert stored.status == ItemStatus.CREATED
    assert refused.status == ItemStatus.ERROR
    assert refused.errors[0].path == "$.attributes.it"


def test_tags_are_put_on_and_taken_off_with_their_time():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", tags={"add": ["VIP"]}, observed_at=at(9))
    upsert(workspace, {"external_id": "a", "tags": {"remove": ["vip"]}, "observed_at": at(4)})
    upsert(workspace, {"external_id": "a", "tags": {"add": ["Vip"]}})
    assert tag_periods(workspace, contact) == [
        ("vip", days_ago(9), days_ago(4)),
        ("vip", NOW, None),
    ]
    with workspace_scope(workspace):
        assert Tag.objects.in_workspace(workspace).get().name == "VIP"


def test_a_late_removal_does_not_undo_a_tag_confirmed_after_it():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", tags={"add": ["vip"]}, observed_at=at(9))
    upsert(workspace, {"external_id": "a", "tags": {"add": ["vip"]}, "observed_at": at(2)})
    upsert(workspace, {"external_id": "a", "tags": {"remove": ["vip"]}, "observed_at": at(5)})
    assert tag_periods(workspace, contact) == [
        ("vip", days_ago(9), days_ago(5)),
        ("vip", days_ago(2), None),
    ]


def test_tagging_by_service_counts_who_changed():
    workspace = make_workspace()
    one, other = make_contact(workspace), make_contact(workspace)
    stranger = make_contact(make_workspace("Other"))
    ids = [one.pk, other.pk, stranger.pk, 1]

    def tag(how: Any, days: float) -> int:
        return how(
            workspace=workspace, contact_ids=ids, tag="VIP", now=days_ago(days), source="form"
        )

    assert tag(tag_contacts, 0) == 2
    assert tag(tag_contacts, 0) == 0
    assert tag(untag_contacts, -1) == 2
    assert tag(untag_contacts, -1) == 0


def test_categories_are_stated_as_a_whole_and_must_exist():
    workspace = make_workspace()
    for name in ("Retail", "Wholesale", "Press"):
        create_category(workspace=workspace, name=name)
    contact = make_contact(workspace, "a", categories=["Retail", "press"], observed_at=at(5))
    [refused] = upsert(workspace, {"external_id": "a", "categories": ["Retail", "Nobody"]})
    assert refused.errors[0].path == "$.categories[1]"
    upsert(workspace, {"external_id": "a", "categories": ["wholesale", "Press"]})
    with workspace_scope(workspace):
        rows = ContactCategory.objects.in_workspace(workspace).filter(contact=contact)
        found = rows.order_by("category__key").values_list(
            "category__key", "valid_from", "valid_to"
        )
        assert list(found) == [
            ("press", days_ago(5), None),
            ("retail", days_ago(5), NOW),
            ("wholesale", NOW, None),
        ]


def test_consents_keep_who_said_what_when():
    workspace = make_workspace()
    contact = make_contact(
        workspace,
        "a",
        consents={
            "email": {
                "status": "granted",
                "topic": "news",
                "source": "checkout",
                "ip": "203.0.113.7",
                "wording": "v3",
            },
            "sms": "pending",
        },
        observed_at=at(9),
    )
    upsert(
        workspace,
        {"external_id": "a", "consents": {"email": {"status": "withdrawn", "topic": "news"}}},
    )
    with workspace_scope(workspace):
        rows = Consent.objects.in_workspace(workspace).filter(contact=contact)
        found = [
            (row.channel, row.topic, row.status, row.source, row.ip_address, row.valid_to)
            for row in rows.order_by("channel", "valid_from")
        ]
    assert found == [
        ("email", "news", "granted", "checkout", "203.0.113.7", NOW),
        ("email", "news", "withdrawn", "api", None, None),
        ("sms", "", "pending", "api", None, None),
    ]


def test_a_bad_consent_is_an_error_at_its_place():
    workspace = make_workspace()
    results = upsert(
        workspace,
        {"external_id": "a", "consents": {"email": "yes"}},
        {"external_id": "a", "consents": {"pigeon": "granted"}},
        {"external_id": "a", "consents": {"email": {"status": "granted", "ip": "300.1.1.1"}}},
    )
    assert [result.errors[0].path for result in results] == [
        "$.consents.email.status",
        "$.consents.pigeon",
        "$.consents.email.ip",
    ]


def test_the_change_log_names_each_kind_of_change():
    workspace = make_workspace()
    create_category(workspace=workspace, name="Retail")
    contact = make_contact(
        workspace,
        "a",
        attributes={"city": "Łódź"},
        tags={"add": ["vip"]},
        consents={"email": "granted"},
    )
    assert changes(workspace, contact) == {
        ChangeKind.CONTACT,
        ChangeKind.ATTRIBUTE,
        ChangeKind.TAG,
        ChangeKind.CONSENT,
    }
    later = days_ago(-1)
    upsert(workspace, {"external_id": "a", "categories": ["retail"]}, now=later)
    assert changes(workspace, contact) == {ChangeKind.TAG}
    upsert(workspace, {"external_id": "a", "attributes": {"city": "Opole"}}, now=later)
    assert changes(workspace, contact) == {ChangeKind.ATTRIBUTE}
    upsert(workspace, {"external_id": "a", "observed_at": at(99)}, now=later)
    assert changes(workspace, contact) == {ChangeKind.CONTACT}


def test_an_attribute_knows_since_when_it_is_recorded():
    workspace = make_workspace()

    def recorded_since() -> Any:
        with workspace_scope(workspace):
            return (
                AttributeDefinition.objects.in_workspace(workspace).get(key="city").first_known_at
            )

    assert recorded_since() is None
    upsert(workspace, {"external_id": "a", "attributes": {"city": None}})
    assert recorded_since() is None
    upsert(workspace, {"external_id": "a", "attributes": {"city": "Łódź"}})
    assert recorded_since() == NOW
    upsert(workspace, {"external_id": "b", "attributes": {"city": "X"}, "observed_at": at(50)})
    assert recorded_since() == days_ago(50)
    upsert(workspace, {"external_id": "c", "attributes": {"city": "X"}})
    assert recorded_since() == days_ago(50)


def test_an_observation_of_the_future_counts_as_now():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", attributes={"city": "Łódź"}, observed_at=at(-30))
    assert history_of(workspace, contact, "city") == [("Łódź", NOW, None)]


def test_phones_are_read_with_the_country_of_the_contact_or_the_workspace():
    workspace = make_workspace(language="pl")
    polish = make_contact(workspace, "a", phone="601 234 567")
    brazilian = make_contact(workspace, "b", phone="(11) 91234-5678", attributes={"country": "BR"})
    assert polish.phone == "+48601234567"
    assert brazilian.phone == "+5511912345678"
    [refused] = upsert(workspace, {"external_id": "c", "phone": "12"})
    assert refused.errors[0].path == "$.phone"
    [nowhere] = upsert(make_workspace(), {"external_id": "c", "phone": "601 234 567"})
    assert nowhere.errors[0].path == "$.phone"
