"""An hour of a shop's life: the facts are there already, their log is written when it is wanted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from contacts.models import ChangeKind
from contacts.services import touch_contacts
from tracking.models import Activity, MessageEvent, PageView, Visit
from transactions.models import Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

FACTS: tuple[tuple[type[Any], ChangeKind], ...] = (
    (Visit, ChangeKind.VISIT),
    (PageView, ChangeKind.VISIT),
    (Activity, ChangeKind.ACTIVITY),
    (MessageEvent, ChangeKind.MESSAGE),
    (Transaction, ChangeKind.TRANSACTION),
)


def touched_between(
    workspace: Workspace, start: datetime, end: datetime
) -> dict[ChangeKind, list[int]]:
    """The contacts with facts of that time, by kind."""
    found: dict[ChangeKind, set[int]] = {}
    with workspace_scope(workspace):
        for model, kind in FACTS:
            rows = model.objects.in_workspace(workspace).filter(
                occurred_at__gte=start, occurred_at__lt=end
            )
            found.setdefault(kind, set()).update(rows.values_list("contact_id", flat=True))
    return {kind: sorted(ids) for kind, ids in found.items()}


def log(workspace: Workspace, changes: dict[ChangeKind, list[int]]) -> None:
    """As the services do when they store such facts."""
    for kind, ids in changes.items():
        touch_contacts(workspace=workspace, contact_ids=ids, kind=kind)


def some_changes(workspace: Workspace, size: int, contacts: int) -> dict[ChangeKind, list[int]]:
    """So many contacts, drawn at random, each with a visit and a transaction."""
    rng = np.random.default_rng(3)
    numbers = rng.choice(np.arange(1, size + 1), contacts, replace=False)
    ids = sorted((int(workspace.pk) << 31) + int(number) for number in numbers)
    return {ChangeKind.VISIT: ids, ChangeKind.TRANSACTION: ids}
