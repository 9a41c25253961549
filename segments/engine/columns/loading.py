"""Finds what is kept of tables, and reads the columns that are needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg import sql

from segments.engine.columns.blocks import Block, TableKept
from segments.engine.columns.tables import CONTACT, TABLES, Table
from segments.engine.columns.values import Column, Summary, Unanswerable
from segments.engine.leaves import binary_cursor
from segments.engine.positions import Snapshot
from segments.engine.remembering import Place, remembered
from segments.engine.storing import MOST_AGE
from segments.models import KeptColumn, KeptTable
from workspaces.models import Workspace

# Of what a process may remember: reading more at once would drive out everything else.
MOST_REMEMBERED = 0.5
SUMMARY_BYTES = 200

Wanted = tuple[int, str]  # number of a block, name of a column

# Written out, since compiling a queryset takes longer than answering it.
_TABLES = f"""
SELECT kept.table, kept.as_of, kept.snapshot FROM {KeptTable._meta.db_table} AS kept
WHERE kept.workspace_id = %s AND kept.table = ANY(%s) AND kept.as_of BETWEEN %s AND %s
"""  # noqa: S608
_COLUMNS = sql.SQL(
    "SELECT kept.number, kept.column, kept.data FROM {table} AS kept"
    " JOIN unnest({numbers}::int[], {columns}::text[]) AS wanted (number, name)"
    " ON kept.number = wanted.number AND kept.column = wanted.name"
    " WHERE kept.workspace_id = {workspace} AND kept.table = {name} AND kept.snapshot = {snapshot}"
)


def tables_kept(
    workspace: Workspace, names: Collection[str], *, as_of: datetime
) -> dict[str, TableKept]:
    """What is kept of these tables, if not too far from the instant."""
    with connection.cursor() as cursor:
        window = as_of - MOST_AGE, as_of + MOST_AGE
        cursor.execute(_TABLES, [workspace.pk, sorted(names), *window])
        places = cursor.fetchall()
    found: dict[str, TableKept] = {}
    missing = []
    for name, at, snapshot in places:
        kept = remembered.get(_place(workspace, name, at, snapshot))
        if kept is None:
            missing.append(name)
        else:
            found[name] = kept
    rows = KeptTable.objects.in_workspace(workspace)
    for row in rows.filter(table__in=missing) if missing else ():
        kept = found[row.table] = _table_kept(row)
        summaries = sum(len(block.summaries) for block in kept.blocks)
        place = _place(workspace, row.table, row.as_of, row.snapshot)
        remembered.put(place, kept, summaries * SUMMARY_BYTES)
    return found


def read_columns(
    workspace: Workspace, kept: TableKept, wanted: Collection[Wanted]
) -> Mapping[Wanted, Column]:
    """These columns of these blocks. Raises `Unanswerable` where another reading of the table has
    taken their place since."""
    snapshot = str(kept.snapshot)
    places = {
        each: _place(workspace, f"{kept.name}.{each[0]}.{each[1]}", kept.as_of, snapshot)
        for each in wanted
    }
    found = {
        each: column
        for each, place in places.items()
        if (column := remembered.get(place)) is not None
    }
    read = dict(_read(workspace, kept, [each for each in places if each not in found]))
    if sum(column.size for column in read.values()) <= _room():
        for each, column in read.items():
            remembered.put(places[each], column, column.size)
    found |= read
    if len(found) < len(places):
        raise Unanswerable
    return found


def _read(
    workspace: Workspace, kept: TableKept, wanted: Collection[Wanted]
) -> list[tuple[Wanted, Column]]:
    if not wanted:
        return []
    numbers, names = zip(*wanted, strict=True)
    statement = _COLUMNS.format(
        table=sql.Identifier(KeptColumn._meta.db_table),
        numbers=sql.Literal(list(numbers)),
        columns=sql.Literal(list(names)),
        workspace=sql.Literal(workspace.pk),
        name=sql.Literal(kept.name),
        snapshot=sql.Literal(str(kept.snapshot)),
    )
    with binary_cursor() as cursor:
        cursor.execute(statement.as_string(connection.connection))
        rows = cursor.fetchall()
    return [((number, name), _column(kept, number, name, data)) for number, name, data in rows]


def _column(kept: TableKept, number: int, name: str, data: Any) -> Column:
    block = kept.blocks[number]
    column = Column.unpack(block.summaries[name], block.rows, data)
    # A flag a row is set at each contact's position; elsewhere few rows are chosen first.
    is_position = name == CONTACT == TABLES[kept.name].order and not block.is_by_contact
    return column.as_positions() if is_position else column


def _table_kept(row: KeptTable) -> TableKept:
    table = TABLES[row.table]
    blocks = (_block(row, table, number, each) for number, each in enumerate(row.blocks))
    return TableKept(row.table, row.as_of, Snapshot.read(row.snapshot), tuple(blocks))


def _block(row: KeptTable, table: Table, number: int, block: Mapping[str, Any]) -> Block:
    summaries = {
        name: Summary(table.columns[name].kind, low, high, has_nulls, table.columns[name].choices)
        for name, (low, high, has_nulls) in block["columns"].items()
        if name in table.columns
    }
    is_by_contact = block.get("by_contact", False)  # earlier releases did not keep any so
    return Block(number, block["rows"], row.workspace_id, summaries, is_by_contact=is_by_contact)


def _place(workspace: Workspace, what: str, as_of: datetime, snapshot: str) -> Place:
    return workspace.pk, f"kept {what}", as_of, snapshot


def _room() -> float:
    return float(settings.LEAF_CACHE_MEGABYTES * 2**20 * MOST_REMEMBERED)
