"""Per-item results of batches: one bad item never harms the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MAX_BATCH_ITEMS = 1_000


class ItemStatus(StrEnum):
    """What became of an item."""

    CREATED = "created"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    ERROR = "error"


@dataclass(frozen=True)
class ItemError:
    """Why an item was refused. `path` starts at the item: "$.lines[0].amount"."""

    path: str
    code: str
    message: str


@dataclass(frozen=True)
class ItemResult:
    """The outcome of one item of a batch, in the order of the items.

    `id` is our id of the object (contacts, transactions, …) where one was created or found.
    """

    index: int
    status: ItemStatus
    id: int | None = None
    errors: Sequence[ItemError] = field(default_factory=tuple)

    @property
    def is_error(self) -> bool:
        return self.status == ItemStatus.ERROR
