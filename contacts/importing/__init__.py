"""Files brought in: read, understood, mapped, tried and stored.

This is what apps need to register a kind of their own; views and tasks import the modules.
"""

from __future__ import annotations

from contacts.importing.cells import CellType
from contacts.importing.kinds import (
    BuildContext,
    ColumnFacts,
    Field,
    ImportKind,
    Item,
    Mapped,
    Row,
    RowRefusedError,
    Text,
    register_kind,
)

__all__ = [
    "BuildContext",
    "CellType",
    "ColumnFacts",
    "Field",
    "ImportKind",
    "Item",
    "Mapped",
    "Row",
    "RowRefusedError",
    "Text",
    "register_kind",
]
