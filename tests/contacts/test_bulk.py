"""Rows written as array literals come back as they were, whatever they hold."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from contacts.bulk import insert_rows, update_rows
from contacts.models import AttributeDefinition, AttributeValue
from tests.makers.contacts import make_contact
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db

TEXTS = [
    'quote " and backslash \\ and both \\"',
    "{braces}, commas, NULL",
    "NULL",
    "",
    " leading and trailing ",
    "line\nbreak\ttab",
    "Łódź 日本 🛶 'apostrophe' %s %(x)s",
    None,
]


def test_texts_survive_whatever_is_in_them():
    workspace = make_workspace()
    contact = make_contact(workspace)
    with workspace_scope(workspace):
        attribute = AttributeDefinition.objects.get(key="city")
        insert_rows(
            AttributeValue,
            workspace.pk,
            ("contact", "attribute", "slot", "text", "observed_at", "valid_from"),
            [(contact.pk, attribute.pk, str(n), text, NOW, NOW) for n, text in enumerate(TEXTS)],
        )
        stored = AttributeValue.objects.filter(attribute=attribute).order_by("slot")
        assert list(stored.values_list("text", flat=True)) == TEXTS
        update_rows(
            AttributeValue,
            workspace.pk,
            ("text",),
            [(row.pk, text) for row, text in zip(stored, reversed(TEXTS), strict=True)],
        )
        assert list(stored.all().values_list("text", flat=True)) == TEXTS[::-1]


def test_numbers_days_instants_and_bytes_survive():
    workspace = make_workspace()
    contact = make_contact(workspace)
    rows = [
        (
            0.1 + 0.2,
            date(1, 1, 1),
            datetime(2026, 3, 29, 1, 0, 0, 123456, tzinfo=UTC),
            b"\x00\\\xff",
        ),
        (-1e300, date(9999, 12, 31), datetime(1900, 1, 1, tzinfo=UTC), b""),
        (None, None, None, None),
    ]
    with workspace_scope(workspace):
        attribute = AttributeDefinition.objects.get(key="city")
        insert_rows(
            AttributeValue,
            workspace.pk,
            (
                *("contact", "attribute", "slot", "observed_at", "valid_from"),
                *("number", "date", "instant", "address_hash"),
            ),
            [(contact.pk, attribute.pk, str(n), NOW, NOW, *row) for n, row in enumerate(rows)],
        )
        stored = AttributeValue.objects.filter(attribute=attribute).order_by("slot")
        found = [
            (
                row.number,
                row.date,
                row.instant,
                None if row.address_hash is None else bytes(row.address_hash),
            )
            for row in stored
        ]
    assert found == rows
