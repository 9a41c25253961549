"""Semantics 1 and 25: statements give the same history, whatever order they arrive in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contacts.models import Category, Contact, ContactCategory, ContactTag, StatedAbsence
from contacts.services import (
    categorise_contacts,
    create_category,
    delete_tag,
    erase_contact,
    merge_contacts,
    tag_contacts,
    untag_contacts,
)
from tests.makers.contacts import (
    days_ago,
    history_of,
    make_attribute,
    make_contact,
    read_contact,
    upsert,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

FIELDS: dict[str, list[Any]] = {
    "city": ["Łódź", "Kraków", None, ""],
    "likes": [["tea"], ["tea", "coffee"], ["water"], [], None],
    "tags": [{"add": ["VIP"]}, {"remove": ["vip"]}, {"add": ["new"], "remove": ["vip"]}],
    "categories": [["press"], ["press", "retail"], []],
    "email": ["a@example.com", "b@example.com", None],
    "consents": [{"email": "granted"}, {"email": "withdrawn"}, {"sms": "pending"}],
}


def said(days: int, what: dict[str, Any]) -> dict[str, Any]:
    item = {"external_id": "a", "observed_at": days_ago(days).isoformat()}
    attributes = {key: what[key] for key in ("city", "likes") if key in what}
    others = {key: value for key, value in what.items() if key not in attributes}
    return item | others | {"attributes": attributes}


ITEMS = st.lists(
    st.tuples(
        st.integers(1, 30),
        st.fixed_dictionaries(
            {}, optional={key: st.sampled_from(values) for key, values in FIELDS.items()}
        ),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda each: each[0],
)


def make_shop() -> Workspace:
    workspace = make_workspace()
    make_attribute(workspace, "likes", "choices", options=["tea", "coffee", "water"])
    for name in ("press", "retail"):
        create_category(workspace=workspace, name=name)
    return workspace


def everything(workspace: Workspace) -> Any:
    """All that is known of contact a, with its time."""
    with workspace_scope(workspace):
        contact = Contact.objects.in_workspace(workspace).get(external_id="a")
        tags = ContactTag.objects.in_workspace(workspace).order_by("tag__key", "valid_from")
        categories = ContactCategory.objects.in_workspace(workspace)
        consents = contact.consents.order_by("channel", "valid_from")
        return (
            contact.known_since,
            contact.email,
            contact.email_key,
            sorted(history_of(workspace, contact, "likes")),
            history_of(workspace, contact, "city"),
            history_of(workspace, contact, "email"),
            list(tags.values_list("tag__key", "valid_from", "valid_to")),
            list(
                categories.order_by("category__key", "valid_from").values_list(
                    "category__key", "valid_from", "valid_to"
                )
            ),
            list(consents.values_list("channel", "topic", "status", "valid_from", "valid_to")),
        )


@given(ITEMS, st.randoms(use_true_random=False), st.sampled_from([1, 2, 7]))
@example([(5, {"tags": {"remove": ["vip"]}}), (9, {"tags": {"add": ["VIP"]}})], None, 1)
@example([(5, {"likes": ["tea"]}), (9, {"likes": ["water"]})], None, 1)
@example([(5, {"categories": []}), (9, {"categories": ["press"]})], None, 1)
@example([(5, {"city": None}), (9, {"city": "Łódź"}), (2, {"city": "Łódź"})], None, 2)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_of_arrival_gives_one_history(items, random, size):
    """In batches of any size; the e-mail of a contact and since when it is known included."""
    in_order = sorted(items, key=lambda each: -each[0])
    arriving = list(items)
    if random is not None:
        random.shuffle(arriving)
    straight, mixed = make_shop(), make_shop()
    for days, what in in_order:
        [result] = upsert(straight, said(days, what))
        assert not result.is_error, result.errors
    for start in range(0, len(arriving), size):
        results = upsert(mixed, *[said(*each) for each in arriving[start : start + size]])
        assert not any(result.is_error for result in results)
    assert everything(mixed) == everything(straight)


def test_a_tag_taken_off_by_service_before_it_was_put_on_is_not_there():
    workspace = make_shop()
    contact = make_contact(workspace, "a", observed_at=days_ago(30).isoformat())
    how: dict[str, Any] = {"contact_ids": [contact.pk], "tag": "vip", "source": "form"}
    removed = untag_contacts(workspace=workspace, now=NOW, observed_at=days_ago(5), **how)
    added = tag_contacts(workspace=workspace, now=NOW, observed_at=days_ago(9), **how)
    assert (removed, added) == (0, 1)
    assert everything(workspace)[6] == [("vip", days_ago(9), days_ago(5))]


def test_a_category_taken_away_before_it_was_given_is_not_there():
    workspace = make_shop()
    contact = make_contact(workspace, "a", observed_at=days_ago(30).isoformat())
    with workspace_scope(workspace):
        press = Category.objects.in_workspace(workspace).get(key="press")

    def say(is_member: bool, now: datetime) -> int:
        return categorise_contacts(
            workspace=workspace,
            contact_ids=[contact.pk],
            category_id=press.pk,
            is_member=is_member,
            now=now,
            source="form",
        )

    assert say(False, days_ago(5)) == 0
    assert say(True, days_ago(9)) == 1
    upsert(
        workspace,
        {"external_id": "a", "categories": ["press"], "observed_at": days_ago(7).isoformat()},
    )
    assert everything(workspace)[7] == [("press", days_ago(9), days_ago(5))]


def test_of_two_statements_for_one_instant_the_later_received_wins():
    workspace = make_shop()
    upsert(workspace, said(5, {"tags": {"remove": ["vip"]}, "city": None}))
    upsert(workspace, said(5, {"tags": {"add": ["vip"]}, "city": "Łódź"}))
    contact = make_contact(workspace, "a")
    assert history_of(workspace, contact, "city") == [("Łódź", days_ago(5), None)]
    assert everything(workspace)[6] == [("vip", days_ago(5), None)]
    upsert(workspace, said(5, {"tags": {"remove": ["vip"]}, "city": None}))
    assert history_of(workspace, contact, "city") == []
    assert everything(workspace)[6] == []
    upsert(workspace, said(9, {"tags": {"add": ["vip"]}, "city": "Opole"}))
    assert history_of(workspace, contact, "city") == [("Opole", days_ago(9), days_ago(5))]
    assert everything(workspace)[6] == [("vip", days_ago(9), days_ago(5))]


def test_absences_go_with_the_tag_the_contact_and_the_merge():
    workspace = make_shop()
    for name in ("a", "b"):
        make_contact(workspace, name, tags={"add": ["new"], "remove": ["vip"]})
        make_contact(workspace, name, tags={"remove": ["new"]}, now=days_ago(-1))
        make_contact(workspace, name, tags={"remove": ["new"]}, now=days_ago(-2))
    one, other = (read_contact(workspace, make_contact(workspace, name).pk) for name in ("a", "b"))
    with workspace_scope(workspace):
        rows = StatedAbsence.objects.in_workspace(workspace)
        assert rows.count() == 4
        tag = ContactTag.objects.in_workspace(workspace).filter(contact=one).get().tag_id
        delete_tag(workspace=workspace, tag_id=tag)
        assert set(rows.values_list("subject", flat=True)) == {"vip"}
        merge_contacts(workspace=workspace, winner_id=one.pk, loser_id=other.pk, now=NOW)
        assert set(rows.values_list("contact_id", flat=True)) == {one.pk}
        erase_contact(workspace=workspace, contact_id=one.pk, now=NOW)
        assert not rows.exists()


def test_what_takes_nothing_away_takes_no_statement_more():
    workspace = make_shop()
    plain = {"city": "Łódź", "tags": {"add": ["vip"]}}
    upsert(workspace, said(5, plain))  # makes the tag
    with CaptureQueriesContext(connection) as new:
        upsert(workspace, said(5, plain) | {"external_id": "b"})
    assert not [each for each in new if "statedabsence" in each["sql"]]
    with CaptureQueriesContext(connection) as known:
        upsert(workspace, said(4, plain))
    assert len([each for each in known if "statedabsence" in each["sql"]]) == 1
