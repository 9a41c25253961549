"""Reads a table of a workspace and keeps it column by column.

It is read block by block. What is kept says which snapshot of the database there was before the
first: whoever was written about since is asked anew, whichever blocks have seen that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from psycopg import sql

from contacts.models import NUMBER_MASK
from segments.engine.columns.blocks import Block
from segments.engine.columns.tables import CONTACT, TABLES, Kept, Table
from segments.engine.columns.values import Column
from segments.engine.leaves import binary_cursor
from segments.engine.positions import SNAPSHOT, Snapshot
from segments.engine.sets import ContactSet
from segments.engine.storing import MOST_AGE
from segments.models import KeptColumn, KeptTable
from workspaces.models import Workspace

BLOCK_ROWS = 250_000

_MAY_KEEP = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))"
_SNAPSHOT = f"SELECT {SNAPSHOT}"
_LAST_OF_BLOCK = sql.SQL(
    "SELECT {order} FROM {table} WHERE workspace_id = {workspace} AND {order} > {after}"
    " ORDER BY {order} OFFSET {rows} LIMIT 1"
)
_BLOCK = sql.SQL(
    "SELECT {columns} FROM {table} WHERE workspace_id = {workspace}"
    " AND {order} > {after} AND {order} <= {last}"
)


def keep_table(*, workspace: Workspace, name: str, as_of: datetime) -> bool:
    """Read all rows and keep them in place of what was kept; whether that was done.

    It isn't while another process does it, nor of a table too large for KEPT_TABLE_MEGABYTES.
    """
    table = TABLES[name]
    with connection.cursor() as cursor:
        cursor.execute(_MAY_KEEP, [f"kept {name}", workspace.pk])
        [(is_mine,)] = cursor.fetchall()
        cursor.execute(_SNAPSHOT)
        [(snapshot,)] = cursor.fetchall()
    if not is_mine:
        return False
    forget_table(workspace=workspace, name=name)
    seen = str(Snapshot.read(snapshot))
    blocks, size = [], 0
    for block in _blocks(workspace, table):
        blocks.append(block.to_json())
        size += _store(workspace, name, block, seen)
        if size > settings.KEPT_TABLE_MEGABYTES * 2**20:
            forget_table(workspace=workspace, name=name)
            return False
    KeptTable.objects.create(
        workspace=workspace, table=name, as_of=as_of, snapshot=seen, size=size, blocks=blocks
    )
    return True


def forget_old_tables(*, workspace: Workspace, now: datetime) -> None:
    """Those read so long ago that nothing can start from them."""
    tables = KeptTable.objects.in_workspace(workspace).filter(as_of__lt=now - MOST_AGE)
    for name in tables.values_list("table", flat=True):
        forget_table(workspace=workspace, name=name)


def forget_table(*, workspace: Workspace, name: str) -> None:
    """Keep it no longer."""
    KeptTable.objects.in_workspace(workspace).filter(table=name).delete()
    KeptColumn.objects.in_workspace(workspace).filter(table=name).delete()


def _store(workspace: Workspace, name: str, block: Block, snapshot: str) -> int:
    """Store what isn't the same in all rows. How many bytes."""
    rows = [
        KeptColumn(
            workspace=workspace,
            table=name,
            number=block.number,
            column=column,
            snapshot=snapshot,
            data=block.columns[column].pack(),
        )
        for column, summary in block.summaries.items()
        if not summary.is_constant
    ]
    KeptColumn.objects.bulk_create(rows)
    return sum(len(row.data) for row in rows)


# --- Reading a table ----------------------------------------------------------------------------


def _blocks(workspace: Workspace, table: Table) -> Iterator[Block]:
    """All rows in the table's order, about as many in each block."""
    names: dict[str, Any] = {
        "order": sql.Identifier(table.order),
        "table": sql.Identifier(table.name),
        "workspace": sql.Literal(workspace.pk),
    }
    least = sql.SQL("0" if table.order == CONTACT else "'-infinity'::timestamptz")
    most = sql.SQL(str(2**62) if table.order == CONTACT else "'infinity'::timestamptz")
    after: sql.Composable = least
    for number in range(2**31):
        statement = _LAST_OF_BLOCK.format(after=after, rows=sql.Literal(BLOCK_ROWS), **names)
        last = _only(statement)
        until = most if last is None else sql.Literal(last)
        block = _read(workspace, table, number, {**names, "after": after, "last": until})
        if block is not None:
            yield block
        if last is None:
            return
        after = until


def _only(statement: sql.Composed) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone()
    return None if found is None else found[0]


def _read(workspace: Workspace, table: Table, number: int, names: dict[str, Any]) -> Block | None:
    chosen = sql.SQL(", ").join(_sent(name, kept) for name, kept in table.columns.items())
    with binary_cursor() as cursor:
        cursor.execute(_BLOCK.format(columns=chosen, **names).as_string(connection.connection))
        [row] = cursor.fetchall()
    if row[0] is None:
        return None
    columns = {
        name: _column(kept, row[2 * at], row[2 * at + 1])
        for at, (name, kept) in enumerate(table.columns.items())
    }
    summaries = {name: column.summary for name, column in columns.items()}
    block = Block(number, columns[CONTACT].values.size, workspace.pk, summaries, columns)
    return block.by_contact() if table.order == CONTACT else block


def _sent(name: str, kept: Kept) -> sql.Composed:
    """The values as an array, and which are missing; all of them are sent as eight bytes."""
    column = sql.Identifier(name)
    missing = sql.SQL("({} IS NULL)::int4::int8").format(column) if kept.is_nullable else None
    nulls = sql.SQL("NULL::bytea") if missing is None else _array(missing)
    return sql.SQL(", ").join([_array(_number(column, kept)), nulls])


def _number(column: sql.Identifier, kept: Kept) -> sql.Composed:
    if kept.kind == "contact":
        return sql.SQL("({} & {})").format(column, sql.Literal(NUMBER_MASK))
    if kept.kind == "instant":  # is sent as a number
        return sql.SQL("coalesce({}, '2000-01-01 UTC'::timestamptz)").format(column)
    if kept.kind == "flag":
        return sql.SQL("coalesce({}::int4::int8, 0)").format(column)
    if kept.kind == "choice":
        # One that isn't among them is none of them.
        place = "coalesce(array_position({}::text[], {}::text)::int8, {}) - 1"
        choices = list(kept.choices)
        return sql.SQL(place).format(sql.Literal(choices), column, sql.Literal(len(choices) + 1))
    return sql.SQL("coalesce({}::int8, 0)").format(column)


def _array(value: sql.Composed) -> sql.Composed:
    return sql.SQL("array_send(array_agg({}))").format(value)


def _column(kept: Kept, sent: Any, nulls: Any) -> Column:
    values = ContactSet.values_sent(sent)
    if kept.kind == "contact":
        values = values.astype(np.int32)
    missing = None if nulls is None else ContactSet.values_sent(nulls).astype(np.bool_)
    return Column.made(kept.kind, kept.choices, values, missing)
