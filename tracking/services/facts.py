"""What all kinds of facts share: stored once per external id, for ever (semantics 25)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import models

from tracking.inserting import insert_new
from tracking.items import Item, ItemBatch, content_number, settle_repeats
from workspaces.batches import ItemStatus
from workspaces.models import Workspace

I = TypeVar("I", bound=Item)  # noqa: E741
M = TypeVar("M", bound=models.Model)


def store_facts(
    *,
    workspace: Workspace,
    batch: ItemBatch[I],
    model: type[M],
    prepare: Callable[[dict[int, I]], dict[int, M]],
) -> dict[int, M]:
    """Store the batch's new facts and settle every item; the stored rows by index.

    `prepare` makes unsaved rows of items that may be new; it refuses in the batch those it can't.
    """
    numbers = {index: content_number(item) for index, item in batch.pending.items()}
    waiting = dict(batch.pending)
    stored: dict[int, M] = {}
    while waiting:
        known = _known(model, workspace, (_external_id(item) for item in waiting.values()))
        batch.pending = dict(waiting)
        repeats = settle_repeats(batch, key=_external_id, number=numbers, known=known)
        fresh = prepare(dict(batch.pending)) if batch.pending else {}
        for index, row in fresh.items():
            setattr(row, "content_number", numbers[index])  # noqa: B010
        ids = insert_new(list(fresh.values()))
        # Left: repeats within the batch, and rows a concurrent writer stored before us.
        waiting = {index: waiting[index] for index in repeats}
        for index, row in fresh.items():
            external_id = _external_id(batch.pending[index])
            row.pk = ids.get(external_id)
            if row.pk is None:
                waiting[index] = batch.pending[index]
            else:
                stored[index] = row
                batch.settle(index, ItemStatus.CREATED, row.pk)
    return stored


def _external_id(item: Any) -> str:
    return str(item.external_id)


def _known(
    model: type[models.Model], workspace: Workspace, external_ids: Iterable[str]
) -> dict[str, tuple[int, int]]:
    rows = model._default_manager.filter(
        workspace_id=workspace.pk, external_id__any_of=set(external_ids)
    ).values_list("external_id", "pk", "content_number")
    return {external_id: (pk, number) for external_id, pk, number in rows}
