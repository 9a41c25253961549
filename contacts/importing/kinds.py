"""What can be imported. Apps register their kinds; the rest of importing knows none by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts.importing.cells import CellType
from workspaces.batches import ItemResult
from workspaces.models import Workspace

Text = str | Promise
Row = Mapping[str, Any]
"""Typed values of one row by field key; a field of several columns holds a list of them."""
Item = dict[str, Any]
"""What a service takes, as in the REST batches."""


class RowRefusedError(ValueError):
    """A row can't become what it should; the message says why, for people."""


@dataclass(frozen=True)
class Field:
    """Something a column can be mapped to."""

    key: str  # permanent: "email", "lines.amount", "attributes.city"
    label: Text
    type: CellType = CellType.TEXT
    synonyms: tuple[str, ...] = ()  # headers that mean it, in any of our languages
    group: Text = ""
    takes_several: bool = False  # several columns together


@dataclass(frozen=True)
class BuildContext:
    """What making items needs beside the rows."""

    workspace: Workspace
    currency: str


@dataclass(frozen=True)
class ColumnFacts:
    """What a kind may look at to tell what a column is."""

    header: str
    samples: Sequence[str]


class Save(Protocol):
    """The service behind a kind: one result an item, in order."""

    def __call__(
        self, *, workspace: Workspace, items: Sequence[Item], now: datetime, define: bool
    ) -> Sequence[ItemResult]: ...


Mapped = dict[int, str]
"""Field key by column position, from 0."""


def _unchanged(mapping: Mapped, columns: Sequence[ColumnFacts], repeats: bool) -> Mapped:
    return mapping


@dataclass(frozen=True)
class ImportKind:
    """A kind of file. Rows with the same value in `key_field` become one item if `is_grouped`."""

    key: str
    label: Text
    description: Text
    fields: Callable[[Workspace], Sequence[Field]]
    required: tuple[tuple[str, ...], ...]  # of each group at least one is mapped
    key_fields: tuple[str, ...]  # what tells one item from another
    build: Callable[[Sequence[Row], BuildContext], Item]
    save: Save
    is_grouped: bool = False
    new_field: Callable[[str, CellType], Field | None] = field(default=lambda key, cell_type: None)
    # Last word on the suggested mapping; `repeats`: rows share values of the first key field.
    refine: Callable[[Mapped, Sequence[ColumnFacts], bool], Mapped] = _unchanged


class UnknownKindError(KeyError):
    """Nothing of that name can be imported."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.message = _("%(kind)s can't be imported. Known: %(known)s.") % {
            "kind": key,
            "known": ", ".join(_kinds),
        }


_kinds: dict[str, ImportKind] = {}


def register_kind(kind: ImportKind) -> None:
    """Make a kind known; called once from the `ready` of its app."""
    _kinds[kind.key] = kind


def kind_of(key: str) -> ImportKind:
    """Raises `UnknownKindError`."""
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKindError(key) from None


def all_kinds() -> Sequence[ImportKind]:
    return tuple(_kinds.values())
