"""The record of consents: everything that was said, whatever the histories become."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from contacts.models import Channel, ConsentRecord, ConsentStatus
from contacts.reading import consent_records_of
from contacts.services import erase_contact, merge_contacts, set_consent
from tests.contacts.test_rest import Program
from tests.makers.contacts import days_ago, make_contact
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db


def say(workspace, contact, status, *, at=NOW, **evidence):
    set_consent(
        workspace=workspace,
        contact_ids=[contact.pk],
        channel=Channel.EMAIL,
        status=ConsentStatus(status),
        now=at,
        **evidence,
    )


def recorded(workspace, contact):
    with workspace_scope(workspace):
        return [
            (each.status, each.source, each.ip_address, each.wording)
            for each in reversed(consent_records_of(workspace, contact))
        ]


def test_every_change_is_recorded_with_its_evidence_even_where_it_came_late():
    workspace = make_workspace()
    contact = make_contact(workspace, now=days_ago(20))
    evidence = {"source": "checkout", "ip_address": "203.0.113.7", "wording": "terms-3"}
    say(workspace, contact, "granted", at=days_ago(9), **evidence)
    say(workspace, contact, "withdrawn", at=days_ago(2), source="phone")
    say(workspace, contact, "pending", observed_at=days_ago(15), source="fair")
    assert recorded(workspace, contact) == [
        ("granted", "checkout", "203.0.113.7", "terms-3"),
        ("withdrawn", "phone", None, ""),
        ("pending", "fair", None, ""),
    ]


def test_what_a_shop_repeats_is_recorded_once_and_new_evidence_again():
    workspace = make_workspace()
    contact = make_contact(workspace, "a", now=days_ago(9))
    for night in range(5, 2, -1):
        make_contact(workspace, "a", consents={"email": "granted"}, now=days_ago(night))
    evidence = {"status": "granted", "source": "form", "ip": "203.0.113.7", "wording": "2"}
    for night in range(2, 0, -1):
        make_contact(workspace, "a", consents={"email": evidence}, now=days_ago(night))
    assert recorded(workspace, contact) == [
        ("granted", "api", None, ""),
        ("granted", "form", "203.0.113.7", "2"),
    ]


def test_the_database_lets_nobody_change_or_remove_a_record():
    workspace = make_workspace()
    contact = make_contact(workspace, consents={"email": "granted"})
    with workspace_scope(workspace):
        records = ConsentRecord.objects.in_workspace(workspace)
        with pytest.raises(ProgrammingError), transaction.atomic():
            records.update(status="withdrawn")
        with pytest.raises(ProgrammingError), transaction.atomic():
            records.delete()
    assert [each[0] for each in recorded(workspace, contact)] == ["granted"]


def test_a_merge_keeps_what_both_said_and_erasing_takes_it_away():
    workspace = make_workspace()
    winner = make_contact(workspace, "w", consents={"email": "granted"}, now=days_ago(3))
    loser = make_contact(workspace, "l", consents={"email": "withdrawn"}, now=days_ago(2))
    merge_contacts(workspace=workspace, winner_id=winner.pk, loser_id=loser.pk, now=NOW)
    assert [each[0] for each in recorded(workspace, winner)] == ["granted", "withdrawn"]
    answer = Program(workspace).get(f"contacts/{winner.pk}/consent-records").json()
    assert [each["status"] for each in answer] == ["withdrawn", "granted"]
    erase_contact(workspace=workspace, contact_id=winner.pk, now=NOW)
    with workspace_scope(workspace):
        assert not ConsentRecord.objects.in_workspace(workspace).exists()
