"""What tracking does when contacts are merged, erased or exported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contacts.models import ChangeKind, Contact
from contacts.services import touch_contacts
from tracking.models import (
    Activity,
    ActivityValue,
    MarketingAction,
    Message,
    MessageEvent,
    PageView,
    Visit,
)
from workspaces.models import Workspace

# Facts before what they refer to: that is the order to delete them in.
OF_CONTACTS = (PageView, MessageEvent, Message, MarketingAction, Visit, Activity)
CARD_SIZE = 10


def move_facts(*, workspace: Workspace, loser_id: int, winner_id: int) -> None:
    """All facts of a merged contact become the winner's."""
    for model in OF_CONTACTS:
        model._default_manager.filter(workspace_id=workspace.pk, contact_id=loser_id).update(
            contact_id=winner_id
        )
    for kind in (ChangeKind.VISIT, ChangeKind.ACTIVITY, ChangeKind.MESSAGE):
        touch_contacts(workspace=workspace, contact_ids=[loser_id, winner_id], kind=kind)


def erase_facts(*, workspace: Workspace, contact_id: int) -> None:
    """What a person did and was sent goes with them."""
    ActivityValue.objects.in_workspace(workspace).filter(
        activity_id__in=Activity.objects.in_workspace(workspace)
        .filter(contact_id=contact_id)
        .values("pk")
    ).delete()
    for model in OF_CONTACTS:
        model._default_manager.filter(workspace_id=workspace.pk, contact_id=contact_id).delete()


def export_facts(*, workspace: Workspace, contact_id: int) -> Mapping[str, Any]:
    """Everything recorded of a contact."""
    own = {"workspace_id": workspace.pk, "contact_id": contact_id}
    pages: dict[int, list[dict[str, Any]]] = {}
    for view in PageView.objects.filter(**own).order_by("visit_id", "position"):
        pages.setdefault(view.visit_id, []).append(
            {"page": view.page, "occurred_at": view.occurred_at, "product": view.product_key}
        )
    return {
        "visits": [
            visit_document(visit) | {"pages": pages.get(visit.pk, [])}
            for visit in Visit.objects.filter(**own).order_by("occurred_at")
        ],
        "activities": activity_documents(workspace, contact_id),
        "messages": list(
            Message.objects.filter(**own)
            .order_by("sent_at")
            .values("external_id", "channel", "campaign_key", "subject", "sent_at")
        ),
        "message_events": list(
            MessageEvent.objects.filter(**own)
            .order_by("occurred_at")
            .values("external_id", "channel", "kind", "link", "is_machine", "occurred_at")
        ),
        "marketing_actions": list(
            MarketingAction.objects.filter(**own)
            .order_by("occurred_at")
            .values("external_id", "kind", "object_key", "occurred_at")
        ),
    }


def card_visits(*, workspace: Workspace, contact: Contact, as_of: datetime) -> Mapping[str, Any]:
    """The newest visits, for the contact over REST."""
    visits = Visit.objects.in_workspace(workspace).filter(contact=contact, occurred_at__lt=as_of)
    newest = visits.order_by("-occurred_at", "-pk")[:CARD_SIZE]
    return {"visits": [visit_document(visit) for visit in newest]}


def visit_document(visit: Visit) -> dict[str, Any]:
    """A visit as the API tells of it."""
    return {
        "external_id": visit.external_id,
        "occurred_at": visit.occurred_at,
        "duration": visit.duration,
        "channel": visit.channel,
        "is_paid": visit.is_paid,
        "utm": {
            name: value
            for name in ("source", "medium", "campaign", "term", "content")
            if (value := getattr(visit, f"utm_{name}"))
        },
        "referrer_host": visit.referrer_host,
        "landing_page": visit.landing_page,
        "device": visit.device,
        "country": visit.country,
    }


def activity_documents(workspace: Workspace, contact_id: int) -> list[dict[str, Any]]:
    """Activities of a contact with their parameters, oldest first."""
    activities = list(
        Activity.objects.in_workspace(workspace)
        .filter(contact_id=contact_id)
        .select_related("kind")
        .order_by("occurred_at", "pk")
    )
    parameters = parameters_of(workspace, [activity.pk for activity in activities])
    return [
        {
            "external_id": activity.external_id,
            "kind": activity.kind.key,
            "occurred_at": activity.occurred_at,
            "parameters": {key: value for key, _, value in parameters.get(activity.pk, ())},
        }
        for activity in activities
    ]


def parameters_of(
    workspace: Workspace, activity_ids: list[int]
) -> dict[int, list[tuple[str, str, Any]]]:
    """(key, label, value) of each activity's parameters."""
    found: dict[int, list[tuple[str, str, Any]]] = {}
    values = (
        ActivityValue.objects.in_workspace(workspace)
        .filter(activity_id__in=activity_ids)
        .select_related("parameter")
        .order_by("parameter__label")
    )
    for value in values:
        shown: Any = next(
            (each for each in (value.text, value.number, value.date) if each is not None), ""
        )
        if value.parameter.type == "boolean":
            shown = bool(value.number)
        found.setdefault(value.activity_id, []).append(
            (value.parameter.key, value.parameter.label, shown)
        )
    return found
