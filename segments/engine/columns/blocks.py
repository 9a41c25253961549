"""Blocks of rows of a kept table, as far as their columns are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from segments.engine.columns.tables import CONTACT
from segments.engine.columns.values import Column, Summary, Unanswerable
from segments.engine.positions import Snapshot

WORKSPACE = "workspace_id"
WORTH_SPREADING = 2  # with a row for every second contact or more


@dataclass(frozen=True)
class Block:
    """Some rows: what is known of each column, and the columns that were read.

    `is_by_contact`: there is a row for each number from the lowest contact's to the highest's, in
    order; where the contact is null there is none.
    """

    number: int
    rows: int
    workspace_id: int
    summaries: Mapping[str, Summary]
    columns: dict[str, Column] = field(default_factory=dict)
    is_by_contact: bool = False

    def by_contact(self) -> Block:
        """The same rows, of a contact each, in order; as it is where few contacts have one."""
        contacts = self.columns[CONTACT]
        low, high = contacts.summary.low or 0, contacts.summary.high or 0
        size = high - low + 1
        if self.rows * WORTH_SPREADING < size:
            return self
        places = contacts.values - low
        nobody = np.ones(size, dtype=np.bool_)
        nobody[places] = False
        numbers = np.arange(low, high + 1, dtype=contacts.values.dtype)
        columns = {name: each.spread(places, size) for name, each in self.columns.items()}
        columns[CONTACT] = Column.made(contacts.summary.kind, (), numbers, nobody)
        summaries = {name: each.summary for name, each in columns.items()}
        return Block(self.number, size, self.workspace_id, summaries, columns, is_by_contact=True)

    def summary(self, name: str) -> Summary:
        """Raises `Unanswerable` for a column that isn't kept."""
        if name == WORKSPACE:
            return Summary("integer", self.workspace_id, self.workspace_id, has_nulls=False)
        if name not in self.summaries:
            raise Unanswerable
        return self.summaries[name]

    def column(self, name: str) -> Column:
        """Raises `KeyError` for one that was not read."""
        summary = self.summary(name)
        return Column.constant(summary, self.rows) if summary.is_constant else self.columns[name]

    def to_json(self) -> dict[str, Any]:
        """For storage, without the columns."""
        columns = {
            name: [each.low, each.high, each.has_nulls] for name, each in self.summaries.items()
        }
        return {"rows": self.rows, "by_contact": self.is_by_contact, "columns": columns}


@dataclass(frozen=True)
class TableKept:
    """A table of a workspace as it is kept: every row that the snapshot shows, but of contacts who
    were written about since."""

    name: str
    as_of: datetime  # when it was read
    snapshot: Snapshot
    blocks: tuple[Block, ...]
