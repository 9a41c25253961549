from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from contacts.models import Contact
from tests.makers.workspaces import NOW
from tracking.models import Activity, Message, MessageEvent, Visit
from tracking.services import (
    define_activity_kind,
    record_activities,
    record_message_events,
    record_messages,
    record_visits,
)
from workspaces.batches import ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_numbers = count(1)
Whose = Contact | str


def reference(contact: Whose) -> dict[str, str]:
    """How a batch names the contact; text is an external id, or an e-mail where it has an @."""
    if isinstance(contact, Contact):
        assert contact.external_id is not None
        return {"external_id": contact.external_id}
    return {"email": contact} if "@" in contact else {"external_id": contact}


def visit_item(contact: Whose, at: datetime, **item: Any) -> dict[str, Any]:
    return {
        "external_id": f"visit-{next(_numbers)}",
        "contact": reference(contact),
        "occurred_at": at.isoformat(),
        "url": "https://shop.example/",
    } | item


def visit_from(channel: str, contact: Whose, at: datetime, **item: Any) -> dict[str, Any]:
    """A visit of that channel."""
    return visit_item(contact, at, source={"channel": channel}, **item)


def visits(
    workspace: Workspace, *items: dict[str, Any], now: datetime = NOW, **options: Any
) -> list[ItemResult]:
    return record_visits(workspace=workspace, items=items, now=now, **{"source": "api"} | options)


def make_visit(
    workspace: Workspace, contact: Whose, at: datetime, *, now: datetime = NOW, **item: Any
) -> Visit:
    """A visit; `channel` is a short way to give its source."""
    channel = item.pop("channel", None)
    if channel is not None:
        item["source"] = {"channel": channel}
    return _row(workspace, Visit, visits(workspace, visit_item(contact, at, **item), now=now))


def activity_item(contact: Whose, kind: str, at: datetime, **item: Any) -> dict[str, Any]:
    return {
        "external_id": f"activity-{next(_numbers)}",
        "contact": reference(contact),
        "kind": kind,
        "occurred_at": at.isoformat(),
    } | item


def activities(
    workspace: Workspace, *items: dict[str, Any], now: datetime = NOW, **options: Any
) -> list[ItemResult]:
    return record_activities(
        workspace=workspace, items=items, now=now, **{"source": "api"} | options
    )


def make_activity(
    workspace: Workspace,
    contact: Whose,
    kind: str,
    at: datetime,
    *,
    now: datetime = NOW,
    **parameters: Any,
) -> Activity:
    """An activity; its kind and parameters are declared on the way."""
    item = activity_item(contact, kind, at, parameters=parameters)
    return _row(workspace, Activity, activities(workspace, item, now=now, define=True))


def make_kind(workspace: Workspace, key: str, **parameters: str) -> None:
    """A kind of activity with parameters of these types."""
    define_activity_kind(workspace=workspace, key=key, parameters=parameters)


def make_message(
    workspace: Workspace,
    contact: Whose,
    at: datetime,
    *,
    channel: str = "email",
    now: datetime = NOW,
    **item: Any,
) -> Message:
    item = {
        "external_id": f"message-{next(_numbers)}",
        "contact": reference(contact),
        "channel": channel,
        "sent_at": at.isoformat(),
    } | item
    results = record_messages(workspace=workspace, items=[item], now=now, source="api")
    return _row(workspace, Message, results)


def make_message_event(
    workspace: Workspace,
    message: Message,
    kind: str,
    at: datetime,
    *,
    now: datetime = NOW,
    **item: Any,
) -> MessageEvent:
    item = {
        "external_id": f"event-{next(_numbers)}",
        "message": message.external_id,
        "kind": kind,
        "occurred_at": at.isoformat(),
    } | item
    results = record_message_events(workspace=workspace, items=[item], now=now, source="api")
    return _row(workspace, MessageEvent, results)


def _row(workspace: Workspace, model: Any, results: Sequence[ItemResult]) -> Any:
    [result] = results
    assert not result.is_error, result.errors
    with workspace_scope(workspace):
        return model.objects.in_workspace(workspace).get(pk=result.id)
