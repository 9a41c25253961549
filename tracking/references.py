"""Whose facts they are: the contacts that the items of a batch name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from contacts.services import ContactReference as Reference
from contacts.services import find_or_create_contacts
from tracking.items import ContactReference, ItemBatch
from workspaces.batches import ItemError
from workspaces.models import Workspace


class ItemOfContact(Protocol):
    """An item that names a contact and an instant."""

    @property
    def contact(self) -> ContactReference: ...

    @property
    def occurred_at(self) -> datetime: ...


def contacts_of(
    *,
    workspace: Workspace,
    batch: ItemBatch[Any],
    now: datetime,
    source: str,
    items: Mapping[int, ItemOfContact] | None = None,
) -> dict[int, int]:
    """Contact ids by index of the pending items; unknown contacts are created (semantics 24).

    Items that name nobody, or several contacts, are refused. Call it after all other checks: a
    refused item must not leave a contact behind.
    """
    pending: Mapping[int, ItemOfContact] = batch.pending if items is None else items
    references = [
        Reference(item.occurred_at, item.contact.external_id, item.contact.email)
        for item in pending.values()
    ]
    found = find_or_create_contacts(
        workspace=workspace, references=references, now=now, source=source
    )
    contact_ids: dict[int, int] = {}
    for index, contact in zip(list(pending), found, strict=True):
        if isinstance(contact, ItemError):
            path = f"$.contact{contact.path[1:]}"
            batch.refuse_for(index, [replace(contact, path=path)])
        else:
            contact_ids[index] = contact
    return contact_ids
