"""Many rows in one statement: arrays in, `unnest` in the database.

Table, column and type names come from models, never from a caller's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.db import connection, models
from psycopg import sql

# An explicit cast to varchar(n) would cut silently instead of failing.
_TEXT_TYPES = ("varchar", "char", "inet")


def insert_rows(
    model: type[models.Model],
    workspace_id: int,
    fields: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    skip_conflicts: bool = False,
) -> None:
    """Insert rows of this workspace, given by the values of `fields` in order."""
    if not rows:
        return
    columns = [_column(model, name) for name in fields]
    statement = sql.SQL(
        "INSERT INTO {table} (workspace_id, {columns}) "
        "SELECT {workspace}, {values} FROM unnest({arrays}) AS given ({columns})"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        columns=sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
        workspace=sql.Literal(workspace_id),
        values=sql.SQL(", ").join(_read(column, kind) for column, kind in columns),
        arrays=_arrays([_array_type(kind) for _, kind in columns]),
    )
    if skip_conflicts:
        statement = statement + sql.SQL(" ON CONFLICT DO NOTHING")
    _run(statement, [list(values) for values in zip(*rows, strict=True)])


def update_rows(
    model: type[models.Model],
    workspace_id: int,
    fields: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    """Update rows of this workspace; each row is its id, then the new values of `fields`."""
    if not rows:
        return
    columns = [_column(model, name) for name in fields]
    statement = sql.SQL(
        "UPDATE {table} AS stored SET {changes} FROM unnest({arrays}) AS given (row_id, {columns}) "
        "WHERE stored.workspace_id = {workspace} AND stored.id = given.row_id"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        changes=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(column), _read(column, kind))
            for column, kind in columns
        ),
        arrays=_arrays(["bigint", *(_array_type(kind) for _, kind in columns)]),
        columns=sql.SQL(", ").join(sql.Identifier(column) for column, _ in columns),
        workspace=sql.Literal(workspace_id),
    )
    _run(statement, [list(values) for values in zip(*rows, strict=True)])


def _column(model: type[models.Model], name: str) -> tuple[str, str]:
    field = cast("models.Field[Any, Any]", model._meta.get_field(name))
    kind = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(field.column), kind or "text"


def _array_type(kind: str) -> str:
    return "text" if kind.startswith(_TEXT_TYPES) else kind


def _read(column: str, kind: str) -> sql.Composable:
    value: sql.Composable = sql.SQL("given.{}").format(sql.Identifier(column))
    return sql.SQL("{}::inet").format(value) if kind == "inet" else value


def _arrays(types: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for kind in types)


def _run(statement: sql.Composable, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
