"""Where a reader of the change log stands, and what was written since (architecture.md §7).

A position is an instant and a snapshot of the database. Rows of the log are found by whether their
transaction was visible in the snapshot, not by a mark of the highest seen: one that commits late is
found when it commits, and nobody waits for a long one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.db import connection
from psycopg import sql

from contacts.models import EVERYBODY, NUMBER_MASK, Contact, ContactChange
from segments.engine.questions import Edge, tables_of_workspaces
from segments.engine.sets import ContactSet
from workspaces.models import Workspace

# More changed contacts than this are not patched one by one: everything is asked anew.
MOST_CHANGES = 200_000

# The snapshot of the statement it stands in. Our own transaction never counts as seen: what it
# writes later carries the same id. `%` of LIKE isn't used, so that the text needs no escapes.
SNAPSHOT = (
    "pg_current_snapshot()::text || ';' || coalesce(pg_current_xact_id_if_assigned()::text, '')"
)


@dataclass(frozen=True)
class Snapshot:
    """Which transactions were visible: those below `first_open`, and those below `first_new` that
    were not open."""

    first_open: int
    first_new: int
    open_ids: frozenset[int]

    @classmethod
    def read(cls, text: str) -> Snapshot:
        """From `SNAPSHOT`: "xmin:xmax:xip;own"."""
        shown, _, own = text.partition(";")
        first_open, first_new, ids = shown.split(":")
        open_ids = {int(each) for each in ids.split(",") if each}
        lowest = int(first_open)
        if own:
            open_ids.add(int(own))
            lowest = min(lowest, int(own))
        return cls(lowest, int(first_new), frozenset(open_ids))

    def __str__(self) -> str:
        ids = ",".join(str(each) for each in sorted(self.open_ids))
        return f"{self.first_open}:{self.first_new}:{ids}"

    def shows(self, transaction_id: int) -> bool:
        """Whether a transaction's writes were visible."""
        if transaction_id < self.first_open:
            return True
        return transaction_id < self.first_new and transaction_id not in self.open_ids


@dataclass(frozen=True)
class Position:
    """An answer's place: what it holds for (`as_of`) and what it has seen (`snapshot`)."""

    as_of: datetime
    snapshot: Snapshot


@dataclass(frozen=True)
class Changes:
    """What the log says since a snapshot: numbers of contacts by kind, each with its writer."""

    workspace_id: int
    contacts: Mapping[tuple[int, int], np.ndarray[Any, Any]]  # (transaction, kind) -> numbers
    everybody: frozenset[tuple[int, int]] = frozenset()  # (transaction, kind)
    is_too_many: bool = False

    def since(self, snapshot: Snapshot, kinds: frozenset[int] | None) -> ContactSet | None:
        """Contacts changed in these kinds (None: any) since; None: everybody may have."""
        if self.is_too_many:
            return None
        if any(self._concerns(each, snapshot, kinds) for each in self.everybody):
            return None
        found = [
            numbers
            for each, numbers in self.contacts.items()
            if self._concerns(each, snapshot, kinds)
        ]
        if not found:
            return ContactSet.empty(self.workspace_id)
        return ContactSet.from_numbers(self.workspace_id, np.concatenate(found))

    def with_later(self, later: Changes) -> Changes:
        """These and those, whose writers are others."""
        return Changes(
            self.workspace_id,
            {**self.contacts, **later.contacts},
            self.everybody | later.everybody,
            self.is_too_many or later.is_too_many,
        )

    @staticmethod
    def _concerns(
        change: tuple[int, int], snapshot: Snapshot, kinds: frozenset[int] | None
    ) -> bool:
        transaction_id, kind = change
        return not snapshot.shows(transaction_id) and (kinds is None or kind in kinds)


# Rows of the log a snapshot does not show.
_UNSEEN = f"""
SELECT xid, kind, contact_id FROM {ContactChange._meta.db_table}
WHERE workspace_id = %s AND xid >= %s AND NOT (xid < %s AND xid <> ALL (%s::bigint[]))
LIMIT {MOST_CHANGES + 1}"""  # noqa: S608
_BY_WRITER = f"""
SELECT xid, kind, contact_id = {EVERYBODY},
    array_send(array_agg((contact_id & {NUMBER_MASK})::int4)), NULL::text
FROM ({_UNSEEN}) AS written GROUP BY 1, 2, 3
UNION ALL SELECT 0, 0, false, NULL::bytea, {SNAPSHOT}"""  # noqa: S608
_AS_TEXT = f"""
SELECT %s, convert_to(coalesce(string_agg(concat_ws(',', xid, kind, contact_id), ';'), ''),
    'UTF8'), clock_timestamp(), NULL::bytea FROM ({_UNSEEN}) AS written"""  # noqa: S608


def _unseen_by(workspace_id: int, snapshot: Snapshot) -> list[Any]:
    """Parameters of `_UNSEEN`."""
    return [workspace_id, snapshot.first_open, snapshot.first_new, sorted(snapshot.open_ids)]


def changes_since(workspace: Workspace, snapshots: Iterable[Snapshot]) -> tuple[Changes, Snapshot]:
    """What was written since any of the snapshots, and what has been seen now."""
    contacts: dict[tuple[int, int], np.ndarray[Any, Any]] = {}
    everybody = set()
    seen = ""
    with connection.cursor() as cursor:
        cursor.execute(_BY_WRITER, _unseen_by(workspace.pk, union_of_unseen(snapshots)))
        for transaction_id, kind, is_everybody, sent, snapshot in cursor.fetchall():
            if snapshot is not None:
                seen = snapshot
            elif is_everybody:
                everybody.add((transaction_id, kind))
            else:
                contacts[transaction_id, kind] = ContactSet.numbers_sent(sent)
    is_too_many = sum(each.size for each in contacts.values()) > MOST_CHANGES
    changes = Changes(workspace.pk, contacts, frozenset(everybody), is_too_many)
    return changes, Snapshot.read(seen)


def late_changes(position: int, workspace_id: int, snapshot: Snapshot) -> tuple[str, list[Any]]:
    """The same as one row of a larger statement, for `read_late`."""
    return _AS_TEXT, [position, *_unseen_by(workspace_id, snapshot)]


def read_late(workspace_id: int, sent: bytes | memoryview) -> Changes:
    """What `late_changes` found."""
    contacts: dict[tuple[int, int], list[int]] = {}
    everybody = set()
    rows = [row.split(",") for row in bytes(sent).decode().split(";") if row]
    for transaction_id, kind, contact_id in rows:
        change = int(transaction_id), int(kind)
        if int(contact_id) == EVERYBODY:
            everybody.add(change)
        else:
            contacts.setdefault(change, []).append(int(contact_id) & NUMBER_MASK)
    arrays = {each: np.array(numbers, dtype=np.int32) for each, numbers in contacts.items()}
    return Changes(workspace_id, arrays, frozenset(everybody), len(rows) > MOST_CHANGES)


def union_of_unseen(snapshots: Iterable[Snapshot]) -> Snapshot:
    """A snapshot that shows nothing one of these doesn't show."""
    every = list(snapshots)
    first_new = min(each.first_new for each in every)
    open_ids = frozenset(i for each in every for i in each.open_ids if i < first_new)
    return Snapshot(min(each.first_open for each in every), first_new, open_ids)


# Who was erased or merged matches nothing at any time, and isn't in the index.
_THERE = sql.SQL(" AND erased_at IS NULL AND merged_into_id IS NULL")


@dataclass
class EdgeContacts:
    """Contacts that can flip by time alone, found once for each edge."""

    workspace: Workspace
    found: dict[Edge, ContactSet | None] = field(default_factory=dict)

    @cached_property
    def _columns(self) -> Any:
        return tables_of_workspaces()

    def find(self, edges: Iterable[Edge]) -> None:
        """Look up those not known yet, in one statement."""
        wanted = [edge for edge in dict.fromkeys(edges) if edge not in self.found]
        if not wanted:
            return
        parts = [self._statement(position, edge) for position, edge in enumerate(wanted)]
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            for position, sent in cursor.fetchall():
                self.found[wanted[position]] = self._read(wanted[position], sent)

    def _statement(self, position: int, edge: Edge) -> sql.Composed:
        contact = self._columns[edge.table].contact
        return sql.SQL(
            "SELECT {position}, array_send(array_agg({number}::int4)) FROM (SELECT {contact} AS id"
            " FROM {table} WHERE workspace_id = {workspace} AND {column} >= {first}"
            " AND {column} <= {last}{there} LIMIT {limit}) AS near"
        ).format(
            position=sql.Literal(position),
            number=sql.SQL("(near.id & {})").format(sql.Literal(NUMBER_MASK)),
            contact=sql.Identifier(contact) if contact else sql.Literal(EVERYBODY),
            table=sql.Identifier(edge.table),
            workspace=sql.Literal(self.workspace.pk),
            column=sql.Identifier(edge.column),
            first=sql.Literal(edge.first),
            last=sql.Literal(edge.last),
            there=_THERE if edge.table == Contact._meta.db_table else sql.SQL(""),
            limit=sql.Literal(MOST_CHANGES + 1),
        )

    def _read(self, edge: Edge, sent: Any) -> ContactSet | None:
        numbers = ContactSet.numbers_sent(sent)
        if numbers.size > MOST_CHANGES or (numbers.size and not self._columns[edge.table].contact):
            return None
        return ContactSet.from_numbers(self.workspace.pk, numbers)
