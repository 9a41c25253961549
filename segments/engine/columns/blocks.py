"""Blocks of rows of a kept table, as far as their columns are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from segments.engine.columns.values import Column, Summary, Unanswerable
from segments.engine.positions import Snapshot

WORKSPACE = "workspace_id"


@dataclass(frozen=True)
class Block:
    """Some rows: what is known of each column, and the columns that were read."""

    number: int
    rows: int
    workspace_id: int
    summaries: Mapping[str, Summary]
    columns: dict[str, Column] = field(default_factory=dict)

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
        return {"rows": self.rows, "columns": columns}


@dataclass(frozen=True)
class TableKept:
    """A table of a workspace as it is kept: every row that the snapshot shows, but of contacts who
    were written about since."""

    name: str
    as_of: datetime  # when it was read
    snapshot: Snapshot
    blocks: tuple[Block, ...]
