"""Merging, erasing, exporting, blocking: what must survive and what must go."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from contacts.models import (
    AttributeValue,
    ChangeKind,
    Channel,
    Consent,
    ConsentStatus,
    Contact,
    ContactChange,
    ContactTag,
    ListEntry,
    Suppression,
    SuppressionReason,
)
from contacts.reading import known_of, suppressions_of
from contacts.registry import InUseError, Use, erasers, movers, used_in
from contacts.services import (
    add_to_list,
    create_list,
    delete_attribute,
    delete_list,
    erase_contact,
    export_contact,
    lift_suppression,
    merge_contacts,
    remove_from_list,
    set_consent,
    suppress_address,
)
from tests.makers.contacts import (
    days_ago,
    history_of,
    make_attribute,
    make_contact,
    make_list,
    read_contact,
    upsert,
)
from tests.makers.workspaces import NOW, make_actor, make_workspace
from workspaces.models import AuditEntry
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

TABLES = (AttributeValue, ContactTag, Consent, ListEntry)


def merge(workspace, winner, loser, **options) -> Contact:
    return merge_contacts(
        workspace=workspace, winner_id=winner.pk, loser_id=loser.pk, now=NOW, **options
    )


def test_a_merged_contact_has_what_was_stated_last_of_both():
    workspace = make_workspace()
    winner = make_contact(
        workspace,
        "w",
        email="w@example.com",
        attributes={"city": "Łódź", "company": "Acme"},
        observed_at=days_ago(20).isoformat(),
    )
    loser = make_contact(
        workspace,
        "l",
        email="l@example.com",
        attributes={"city": "Kraków", "region": "Lesser Poland"},
        observed_at=days_ago(5).isoformat(),
    )
    merged = merge(workspace, winner, loser)
    assert merged.email == "l@example.com"
    assert merged.email_key == "l@example.com"
    assert merged.known_since == days_ago(20)
    assert history_of(workspace, winner, "city") == [
        ("Łódź", days_ago(20), days_ago(5)),
        ("Kraków", days_ago(5), None),
    ]
    assert history_of(workspace, winner, "company") == [("Acme", days_ago(20), None)]
    assert history_of(workspace, winner, "region") == [("Lesser Poland", days_ago(5), None)]
    with workspace_scope(workspace):
        gone = Contact.objects.get(pk=loser.pk)
        assert (gone.merged_into_id, gone.email, gone.email_key) == (winner.pk, "", "")
        for model in TABLES:
            assert not model.objects.in_workspace(workspace).filter(contact=loser).exists()


def test_merging_unites_tags_and_lists_with_their_time():
    workspace = make_workspace()
    winner = make_contact(
        workspace, "w", tags={"add": ["vip"]}, observed_at=days_ago(9).isoformat()
    )
    upsert(
        workspace,
        {"external_id": "w", "tags": {"remove": ["vip"]}, "observed_at": days_ago(5).isoformat()},
    )
    loser = make_contact(
        workspace, "l", tags={"add": ["vip", "gold"]}, observed_at=days_ago(7).isoformat()
    )
    found = make_list(workspace, "Fair", loser)
    merge(workspace, winner, loser)
    with workspace_scope(workspace):
        rows = ContactTag.objects.in_workspace(workspace).filter(contact=winner)
        assert sorted(rows.values_list("tag__key", "valid_from", "valid_to")) == [
            ("gold", days_ago(7), None),
            ("vip", days_ago(9), None),
        ]
        assert found.entries.get().contact_id == winner.pk


@pytest.mark.parametrize(
    ("one", "other", "left"),
    [
        ("granted", "withdrawn", "withdrawn"),
        ("withdrawn", "granted", "withdrawn"),
        ("granted", "pending", "pending"),
        ("granted", None, "granted"),
    ],
)
def test_of_two_consents_the_stricter_one_stays(one, other, left):
    workspace = make_workspace()
    winner = make_contact(workspace, "w", consents={"email": one}, now=days_ago(9))
    loser = make_contact(
        workspace, "l", consents={"email": other} if other else {}, now=days_ago(5)
    )
    merge(workspace, winner, loser)
    with workspace_scope(workspace):
        [consent] = known_of(workspace, [winner])[winner.pk].consents
    assert consent.status == left


def test_the_block_of_either_address_holds_for_the_merged_contact():
    workspace = make_workspace()
    winner = make_contact(workspace, "w", email="w@example.com", now=days_ago(1))
    loser = make_contact(workspace, "l", email="l@example.com", now=days_ago(5))
    suppress_address(
        workspace=workspace,
        channel=Channel.EMAIL,
        address="l@example.com",
        reason=SuppressionReason.COMPLAINED,
        now=NOW,
    )
    merged = merge(workspace, winner, loser)
    assert merged.email == "w@example.com"
    with workspace_scope(workspace):
        [block] = suppressions_of(workspace, merged)
    assert block.reason == SuppressionReason.COMPLAINED


def test_facts_move_both_are_logged_and_the_audit_knows_who_did_it():
    workspace = make_workspace()
    winner, loser = make_contact(workspace, "w"), make_contact(workspace, "l")
    moved = []

    def move(*, workspace, loser_id, winner_id):
        moved.append((loser_id, winner_id))

    movers.register(move)
    try:
        merge(workspace, winner, loser, actor=make_actor(workspace))
    finally:
        movers.forget(move)
    assert moved == [(loser.pk, winner.pk)]
    with workspace_scope(workspace):
        rows = ContactChange.objects.in_workspace(workspace).filter(kind=ChangeKind.MERGE)
        assert set(rows.values_list("contact_id", flat=True)) == {winner.pk, loser.pk}
        assert AuditEntry.objects.filter(action="contact.merged").exists()


def test_merging_with_itself_with_a_stranger_or_twice_is_refused():
    workspace = make_workspace()
    one, other = make_contact(workspace), make_contact(workspace)
    stranger = make_contact(make_workspace("Other"))
    with pytest.raises(ValidationError):
        merge(workspace, one, one)
    with pytest.raises(Contact.DoesNotExist):
        merge(workspace, one, stranger)
    merge(workspace, one, other)
    with pytest.raises(Contact.DoesNotExist):
        merge(workspace, one, other)


def test_a_chain_of_merges_leads_to_the_last_winner():
    workspace = make_workspace()
    a, b, c = (make_contact(workspace, name) for name in "abc")
    merge(workspace, b, a)
    merge(workspace, c, b)
    assert read_contact(workspace, a.pk).merged_into_id == c.pk
    [result] = upsert(workspace, {"external_id": "a", "attributes": {"city": "Łódź"}})
    assert result.id == c.pk


def test_erasing_leaves_an_empty_row_and_the_blocked_address():
    workspace = make_workspace()
    contact = make_contact(
        workspace,
        "a",
        email="a@example.com",
        phone="+48601234567",
        attributes={"first_name": "Anna", "city": "Łódź"},
        tags={"add": ["vip"]},
        consents={"email": "withdrawn"},
    )
    make_list(workspace, "Fair", contact)
    suppress_address(
        workspace=workspace,
        channel=Channel.EMAIL,
        address="A@example.com",
        reason=SuppressionReason.UNSUBSCRIBED,
        now=NOW,
    )
    erased = []

    def erase(*, workspace, contact_id):
        erased.append(contact_id)

    erasers.register(erase)
    try:
        erase_contact(
            workspace=workspace, contact_id=contact.pk, now=NOW, actor=make_actor(workspace)
        )
    finally:
        erasers.forget(erase)
    assert erased == [contact.pk]
    gone = read_contact(workspace, contact.pk)
    assert gone.erased_at == NOW
    assert gone.external_id is None
    assert (gone.email, gone.email_key, gone.phone, gone.first_name) == ("", "", "", "")
    with workspace_scope(workspace):
        for model in TABLES:
            assert not model.objects.in_workspace(workspace).exists()
        assert not Contact.objects.in_workspace(workspace).live().exists()
    again = make_contact(workspace, "b", email="a@example.com")
    with workspace_scope(workspace):
        assert [block.reason for block in suppressions_of(workspace, again)] == ["unsubscribed"]


def test_erasing_reaches_those_merged_into_the_contact():
    workspace = make_workspace()
    winner, loser = make_contact(workspace, "w"), make_contact(workspace, "l")
    merge(workspace, winner, loser)
    erase_contact(workspace=workspace, contact_id=winner.pk, now=NOW)
    assert read_contact(workspace, loser.pk).external_id is None


def test_a_block_is_kept_once_and_lifted():
    workspace = make_workspace()

    def block(reason=SuppressionReason.MANUAL):
        return suppress_address(
            workspace=workspace,
            channel=Channel.SMS,
            address="+48 601 234 567",
            reason=reason,
            now=NOW,
        )

    assert block().pk == block().pk
    block(SuppressionReason.BOUNCED)
    contact = make_contact(workspace, phone="+48601234567")
    with workspace_scope(workspace):
        assert len(suppressions_of(workspace, contact)) == 2
    lifted = lift_suppression(
        workspace=workspace, channel=Channel.SMS, address="+48601234567", now=days_ago(-1)
    )
    assert lifted == 2
    with workspace_scope(workspace):
        assert suppressions_of(workspace, contact) == []
        assert Suppression.objects.in_workspace(workspace).count() == 2
    with pytest.raises(ValidationError):
        suppress_address(
            workspace=workspace,
            channel=Channel.EMAIL,
            address="nonsense",
            reason=SuppressionReason.MANUAL,
            now=NOW,
        )


def test_equal_addresses_have_different_hashes_in_different_workspaces():
    hashes = set()
    for _ in range(2):
        workspace = make_workspace()
        contact = make_contact(workspace, email="a@example.com")
        with workspace_scope(workspace):
            value = AttributeValue.objects.get(contact=contact, attribute__key="email")
            hashes.add(bytes(value.address_hash))
    assert len(hashes) == 2


def test_a_consent_set_for_many_counts_who_changed():
    workspace = make_workspace()
    one, other = make_contact(workspace, consents={"email": "granted"}), make_contact(workspace)
    changed = set_consent(
        workspace=workspace,
        contact_ids=[one.pk, other.pk, 1],
        channel=Channel.EMAIL,
        status=ConsentStatus.GRANTED,
        now=days_ago(-1),
    )
    assert changed == 1


def test_everything_held_of_a_contact_is_exported_with_its_history():
    workspace = make_workspace()
    contact = make_contact(
        workspace,
        "a",
        attributes={"city": "Łódź", "birthday": "1990-05-17"},
        tags={"add": ["VIP"]},
        consents={"email": "granted"},
    )
    make_contact(workspace, "a", attributes={"city": "Opole"}, now=days_ago(-1))
    make_list(workspace, "Fair", contact)
    document = export_contact(workspace=workspace, contact_id=contact.pk, now=NOW)
    assert [each["value"] for each in document["attributes"] if each["attribute"] == "city"] == [
        "Łódź",
        "Opole",
    ]
    assert document["tags"][0]["name"] == "VIP"
    assert document["consents"][0]["status"] == "granted"
    assert document["lists"][0]["list"] == "Fair"


def test_a_list_keeps_who_was_on_it_when():
    workspace = make_workspace()
    people = [make_contact(workspace) for _ in range(3)]
    stranger = make_contact(make_workspace("Other"))
    ids = [each.pk for each in people]
    found = create_list(
        workspace=workspace, name="Fair", contact_ids=[*ids[:2], stranger.pk], now=days_ago(9)
    )

    def add(*which: int, days: float) -> int:
        return add_to_list(
            workspace=workspace, list_id=found.pk, contact_ids=which, now=days_ago(days)
        )

    def remove(*which: int, days: float) -> int:
        return remove_from_list(
            workspace=workspace, list_id=found.pk, contact_ids=which, now=days_ago(days)
        )

    assert add(*ids, days=5) == 1
    assert remove(ids[0], days=4) == 1
    assert remove(ids[0], days=4) == 0
    assert add(ids[0], days=2) == 1
    assert remove(ids[0], days=2) == 1  # at the same instant: it never was on it again
    with workspace_scope(workspace):
        rows = ListEntry.objects.in_workspace(workspace).filter(static_list=found)
        assert sorted(rows.values_list("contact_id", "valid_from", "valid_to")) == [
            (ids[0], days_ago(9), days_ago(4)),
            (ids[1], days_ago(9), None),
            (ids[2], days_ago(5), None),
        ]


def test_what_is_in_use_can_t_be_deleted():
    workspace = make_workspace()
    attribute = make_attribute(workspace, "size")
    found = make_list(workspace, "Fair")

    def use(*, workspace, subject, instances):
        return {each.pk: [Use("segment", f"Uses the {subject}")] for each in instances}

    used_in.register(use)
    try:
        with pytest.raises(InUseError, match="Uses the attribute"):
            delete_attribute(workspace=workspace, attribute_id=attribute.pk)
        with pytest.raises(InUseError, match="Uses the list"):
            delete_list(workspace=workspace, list_id=found.pk)
    finally:
        used_in.forget(use)
    delete_attribute(workspace=workspace, attribute_id=attribute.pk)
    delete_list(workspace=workspace, list_id=found.pk)
