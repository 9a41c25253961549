"""Recording what was done to contacts: imported, tagged by a rule, given a code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import StringConstraints

from contacts.models import ChangeKind
from contacts.services import touch_contacts
from tracking.items import ContactReference, ExternalId, Instant, Item, ItemBatch, clamp, text
from tracking.models import MarketingAction
from tracking.references import contacts_of
from tracking.services.facts import store_facts
from workspaces.batches import ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


class MarketingActionItem(Item):
    """Something done to a contact; `object` names what with: a list, a rule, a code."""

    external_id: ExternalId
    contact: ContactReference
    kind: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z][a-z0-9_.]*$")]
    occurred_at: Instant
    object: Annotated[str, text(200)] = ""


def record_marketing_actions(
    *, workspace: Workspace, items: Sequence[Any], now: datetime, source: str
) -> list[ItemResult]:
    """Store marketing actions."""
    batch = ItemBatch(items, MarketingActionItem)

    def prepare(pending: dict[int, MarketingActionItem]) -> dict[int, MarketingAction]:
        contact_ids = contacts_of(workspace=workspace, batch=batch, now=now, source=source)
        return {
            index: _row(workspace, pending[index], contact_id, now)
            for index, contact_id in contact_ids.items()
        }

    with workspace_scope(workspace):
        stored = store_facts(
            workspace=workspace, batch=batch, model=MarketingAction, prepare=prepare
        )
        touch_contacts(
            workspace=workspace,
            contact_ids={row.contact_id for row in stored.values()},
            kind=ChangeKind.ACTIVITY,
        )
    return batch.in_order()


def _row(
    workspace: Workspace, item: MarketingActionItem, contact_id: int, now: datetime
) -> MarketingAction:
    occurred_at, is_clamped = clamp(item.occurred_at, now)
    return MarketingAction(
        workspace_id=workspace.pk,
        external_id=item.external_id,
        contact_id=contact_id,
        kind=item.kind,
        object_key=item.object,
        occurred_at=occurred_at,
        received_at=now,
        is_clamped=is_clamped,
    )
