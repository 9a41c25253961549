from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from contacts.models import (
    AttributeDefinition,
    AttributeType,
    AttributeValue,
    Contact,
    StaticList,
)
from contacts.services import create_list, define_attribute, upsert_contacts
from tests.makers.workspaces import NOW
from workspaces.batches import ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_numbers = count(1)


def upsert(
    workspace: Workspace, *items: Mapping[str, Any], now: datetime = NOW, **options: Any
) -> list[ItemResult]:
    """A batch as the API stores it."""
    return upsert_contacts(workspace=workspace, items=items, now=now, **{"source": "api"} | options)


def make_contact(
    workspace: Workspace, external_id: str = "", *, now: datetime = NOW, **item: Any
) -> Contact:
    """A contact; `item` as in the REST batch (email, attributes, tags, consents, observed_at)."""
    [result] = upsert(
        workspace, {"external_id": external_id or f"c{next(_numbers)}", **item}, now=now
    )
    assert not result.is_error, result.errors
    return read_contact(workspace, result.id)


def make_contacts(
    workspace: Workspace, count: int, *, now: datetime = NOW, **item: Any
) -> list[Contact]:
    """Several contacts that differ only in their external ids."""
    return [make_contact(workspace, now=now, **item) for _ in range(count)]


def read_contact(workspace: Workspace, contact_id: int | None) -> Contact:
    with workspace_scope(workspace):
        return Contact.objects.in_workspace(workspace).get(pk=contact_id)


def make_attribute(
    workspace: Workspace,
    key: str,
    type: str = AttributeType.TEXT,
    *,
    options: list[str] | None = None,
    now: datetime = NOW,
) -> AttributeDefinition:
    return define_attribute(
        workspace=workspace,
        key=key,
        label=key.replace("_", " ").capitalize(),
        type=AttributeType(type),
        options=[{"key": option, "label": option} for option in options or ()],
    )


def make_list(
    workspace: Workspace, name: str = "", *members: Contact, now: datetime = NOW
) -> StaticList:
    return create_list(
        workspace=workspace,
        name=name or f"List {next(_numbers)}",
        contact_ids=[contact.pk for contact in members],
        now=now,
    )


def history_of(
    workspace: Workspace, contact: Contact, key: str
) -> list[tuple[Any, datetime, datetime | None]]:
    """Every value an attribute had: (value, from, to), oldest first."""
    with workspace_scope(workspace):
        rows = AttributeValue.objects.in_workspace(workspace).filter(
            contact=contact, attribute__key=key, attribute__workspace=workspace
        )
        return [
            (_shown(row), row.valid_from, row.valid_to)
            for row in rows.order_by("valid_from", "slot")
        ]


def value_at(workspace: Workspace, contact: Contact, key: str, as_of: datetime) -> Any:
    """What the stored history says a value was at an instant."""
    for value, start, end in history_of(workspace, contact, key):
        if start <= as_of and (end is None or as_of < end):
            return value
    return None


def _shown(row: AttributeValue) -> Any:
    for value in (row.text, row.number, row.date, row.instant):
        if value is not None:
            return value
    raise AssertionError("a stored value is never empty")


def days_ago(days: float, *, now: datetime = NOW) -> datetime:
    return now - timedelta(days=days)
