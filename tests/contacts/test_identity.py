"""Semantics 24: which contact is meant, and what is an error rather than a guess."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from contacts.models import ChangeKind, Contact, ContactChange
from contacts.services import (
    ContactReference,
    erase_contact,
    find_or_create_contacts,
    merge_contacts,
    touch_contacts,
)
from tests.makers.contacts import days_ago, history_of, make_contact, read_contact, upsert
from tests.makers.workspaces import NOW, make_workspace
from workspaces.batches import ItemError, ItemStatus
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def numbers(workspace) -> list[int]:
    with workspace_scope(workspace):
        return sorted(contact.number for contact in Contact.objects.in_workspace(workspace))


def references(workspace, *given: ContactReference, now=NOW):
    return find_or_create_contacts(workspace=workspace, references=given, now=now, source="api")


def errors_of(result) -> list[tuple[str, str]]:
    return [(error.path, error.code) for error in result.errors]


def test_the_external_id_names_one_contact_for_ever():
    workspace = make_workspace()
    first, again = upsert(
        workspace,
        {"external_id": "a", "attributes": {"city": "Łódź"}},
        {"external_id": "a", "attributes": {"city": "Kraków"}},
    )
    assert (first.status, again.status) == (ItemStatus.CREATED, ItemStatus.UPDATED)
    assert first.id == again.id


def test_two_people_may_share_an_email_but_the_email_alone_then_names_nobody():
    workspace = make_workspace()
    mother = make_contact(workspace, "mother", email="family@example.com")
    child = make_contact(workspace, "child", email="family@example.com")
    assert mother.pk != child.pk
    [result] = upsert(workspace, {"email": "family@example.com", "attributes": {"city": "Łódź"}})
    assert errors_of(result) == [("$.email", "ambiguous_email")]
    [known] = upsert(workspace, {"external_id": "child", "email": "FAMILY@example.com"})
    assert known.id == child.pk


def test_an_external_id_and_an_email_of_different_contacts_are_an_error_and_no_merge():
    workspace = make_workspace()
    make_contact(workspace, "a", email="a@example.com")
    make_contact(workspace, "b", email="b@example.com")
    [result] = upsert(workspace, {"external_id": "a", "email": "b@example.com"})
    assert errors_of(result) == [("$.email", "identity_conflict")]
    assert numbers(workspace) == [1, 2]


def test_a_contact_known_by_email_gets_its_external_id():
    workspace = make_workspace()
    [known] = upsert(workspace, {"email": "a@example.com"})
    [named] = upsert(workspace, {"external_id": "a", "email": "A@Example.com"})
    assert (named.id, named.status) == (known.id, ItemStatus.UPDATED)
    assert read_contact(workspace, known.id).external_id == "a"


def test_items_of_one_batch_see_each_other_in_order():
    workspace = make_workspace()
    results = upsert(
        workspace,
        {"email": "a@example.com"},
        {"external_id": "x", "email": "a@example.com"},
        {"external_id": "x", "email": "new@example.com"},
        {"email": "new@example.com", "tags": {"add": ["vip"]}},
        {"email": "a@example.com"},
    )
    assert [result.status for result in results] == [
        ItemStatus.CREATED,
        ItemStatus.UPDATED,
        ItemStatus.UPDATED,
        ItemStatus.UPDATED,
        ItemStatus.CREATED,
    ]
    assert len({result.id for result in results[:4]}) == 1
    assert results[4].id != results[0].id


def test_an_item_that_names_nobody_is_an_error():
    [result] = upsert(make_workspace(), {"attributes": {"city": "Łódź"}})
    assert errors_of(result) == [("$", "identity_missing")]


def test_numbers_stay_dense_after_failed_items_and_rolled_back_batches():
    workspace = make_workspace()
    upsert(workspace, {"external_id": "a"}, {"external_id": ""}, {"external_id": "b"})

    def fail_after_storing() -> None:
        with workspace_scope(workspace):
            upsert(workspace, {"external_id": "lost"})
            raise RuntimeError("the request fails later")

    with pytest.raises(RuntimeError):
        fail_after_storing()
    references(workspace, ContactReference(NOW, external_id="c"))
    assert numbers(workspace) == [1, 2, 3]


def test_a_fact_for_an_unknown_external_id_creates_the_contact_known_since_the_fact():
    workspace = make_workspace()
    [contact_id] = references(workspace, ContactReference(days_ago(400), external_id="a"))
    contact = read_contact(workspace, contact_id)
    assert contact.known_since == days_ago(400)
    assert contact.created_at == NOW


def test_an_earlier_fact_lowers_known_since_and_a_later_one_leaves_it():
    workspace = make_workspace()
    contact = make_contact(workspace, "a")
    for at, expected in ((days_ago(-5), NOW), (days_ago(9), days_ago(9)), (NOW, days_ago(9))):
        assert references(workspace, ContactReference(at, external_id="a")) == [contact.pk]
        assert read_contact(workspace, contact.pk).known_since == expected


def test_references_are_answered_in_order_with_errors_beside_contacts():
    workspace = make_workspace()
    make_contact(workspace, "a", email="shared@example.com")
    make_contact(workspace, "b", email="shared@example.com")
    found = references(
        workspace,
        ContactReference(NOW, external_id="a"),
        ContactReference(NOW, email="shared@example.com"),
        ContactReference(NOW),
        ContactReference(NOW, email="nonsense"),
        ContactReference(NOW, email="new@example.com"),
        ContactReference(NOW, email="NEW@example.com"),
        ContactReference(NOW, external_id="nul\x00"),
    )
    codes = [each.code if isinstance(each, ItemError) else "" for each in found]
    assert codes == [
        "",
        "ambiguous_email",
        "identity_missing",
        "invalid_email",
        "",
        "",
        "invalid_external_id",
    ]
    assert found[4] == found[5]
    contact = read_contact(workspace, found[4])
    assert history_of(workspace, contact, "email") == [("new@example.com", NOW, None)]


def test_the_external_id_of_a_merged_contact_leads_to_the_winner():
    workspace = make_workspace()
    winner, loser = make_contact(workspace, "w"), make_contact(workspace, "l")
    merge_contacts(workspace=workspace, winner_id=winner.pk, loser_id=loser.pk, now=NOW)
    assert references(workspace, ContactReference(NOW, external_id="l")) == [winner.pk]
    [result] = upsert(workspace, {"external_id": "l", "attributes": {"city": "Łódź"}})
    assert result.id == winner.pk


def test_an_erased_contact_is_never_found_again():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", email="a@example.com")
    erase_contact(workspace=workspace, contact_id=contact.pk, now=NOW)
    [again] = references(workspace, ContactReference(NOW, external_id="a"))
    assert again != contact.pk
    [by_email] = upsert(workspace, {"email": "a@example.com"})
    assert by_email.status == ItemStatus.CREATED
    assert numbers(workspace) == [1, 2, 3]


def test_equal_external_ids_in_two_workspaces_are_two_contacts():
    one, other = make_workspace("One"), make_workspace("Other")
    assert make_contact(one, "a").pk != make_contact(other, "a").pk
    assert numbers(one) == numbers(other) == [1]


def test_touching_contacts_logs_each_of_them_once():
    workspace = make_workspace()
    contact = make_contact(workspace)
    with workspace_scope(workspace):
        ContactChange.objects.in_workspace(workspace).delete()
        touch_contacts(
            workspace=workspace, contact_ids=[contact.pk, contact.pk], kind=ChangeKind.VISIT
        )
        logged = ContactChange.objects.in_workspace(workspace).values_list("contact_id", "kind")
        assert list(logged) == [(contact.pk, ChangeKind.VISIT)]


@pytest.mark.django_db(transaction=True)
def test_many_writers_of_the_same_contacts_make_each_of_them_once():
    workspace = make_workspace()
    failures: list[BaseException] = []

    def write(first: int) -> None:
        try:
            for round_number in range(3):
                items = [
                    {"external_id": f"c{(first + n) % 40}", "attributes": {"city": str(first)}}
                    for n in range(30)
                ]
                upsert(workspace, *items)
                references(
                    workspace,
                    *(ContactReference(NOW, email=f"p{n}@example.com") for n in range(20)),
                    ContactReference(NOW, external_id=f"r{first}-{round_number}"),
                )
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[first]) for first in (0, 7, 21, 33)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert numbers(workspace) == list(range(1, 40 + 20 + 12 + 1))
