"""Many writers of the same contacts at once: nothing twice, and nobody sees a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from django.db import connection

from contacts.models import AttributeValue, Contact, ContactTag
from contacts.services import ContactReference, find_or_create_contacts
from tests.makers.contacts import upsert
from tests.makers.workspaces import NOW, make_workspace
from workspaces.batches import ItemError
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
ROUNDS = 6
PEOPLE = 60


def write_contacts(workspace: Workspace, random: Random) -> None:
    names = random.sample(range(PEOPLE), 30)
    results = upsert(
        workspace,
        *[
            {
                "external_id": f"c{number}",
                "email": f"person{number}@example.com",
                "attributes": {"city": random.choice(["Łódź", "Kraków"])},
                "tags": {"add": [f"group {random.randrange(40)}"], "remove": ["vip"]},
                "observed_at": (NOW - timedelta(minutes=random.randrange(9999))).isoformat(),
            }
            for number in names
        ],
    )
    assert not any(result.is_error for result in results)


def write_facts(workspace: Workspace, random: Random) -> None:
    references = [
        ContactReference(
            occurred_at=NOW - timedelta(minutes=random.randrange(99_999)),
            external_id=f"c{number}" if random.random() < 0.7 else None,
            email=f"person{number}@example.com",
        )
        for number in random.sample(range(PEOPLE), 30)
    ]
    found = find_or_create_contacts(
        workspace=workspace, references=references, now=NOW, source="api"
    )
    assert not any(isinstance(each, ItemError) for each in found)


def test_eight_writers_of_overlapping_contacts_neither_fail_nor_make_any_twice():
    workspace = make_workspace()

    def write(number: int) -> None:
        random = Random(number)
        work: Callable[[Workspace, Random], None] = write_facts if number % 2 else write_contacts
        try:
            for _round in range(ROUNDS):
                work(workspace, random)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(write, number) for number in range(WRITERS)]:
            done.result()
    with workspace_scope(workspace):
        contacts = list(Contact.objects.in_workspace(workspace))
        assert len(contacts) == len({contact.email_key for contact in contacts}) == PEOPLE
        assert sorted(contact.number for contact in contacts) == list(range(1, PEOPLE + 1))
        for rows, key in (
            (AttributeValue.objects.in_workspace(workspace), "attribute_id"),
            (ContactTag.objects.in_workspace(workspace), "tag_id"),
        ):
            held: dict[tuple[int, int], list[tuple[object, ...]]] = {}
            for contact_id, subject, start, end in rows.order_by("valid_from").values_list(
                "contact_id", key, "valid_from", "valid_to"
            ):
                held.setdefault((contact_id, subject), []).append((start, end))
            for spans in held.values():
                for (_start, end), (start, _end) in pairwise(spans):
                    assert end is not None
                    assert end <= start  # type: ignore[operator]
