"""Many rows in one statement: arrays in, `unnest` in the database.

Table, column and type names come from models, never from a caller's text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
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
    _run(statement, _array_literals([kind for _, kind in columns], rows))


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
    _run(statement, _array_literals(["bigint", *(kind for _, kind in columns)], rows))


def _column(model: type[models.Model], name: str) -> tuple[str, str]:
    field = cast("models.Field[Any, Any]", model._meta.get_field(name))
    kind = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(field.column), kind or "text"


def _array_type(kind: str) -> str:
    return "text" if kind.startswith(_TEXT_TYPES) or kind.endswith("[]") else kind


def _read(column: str, kind: str) -> sql.Composable:
    value: sql.Composable = sql.SQL("given.{}").format(sql.Identifier(column))
    # An array of arrays would be taken apart to the last element: inner ones come as texts.
    is_cast = kind == "inet" or kind.endswith("[]")
    return sql.SQL("{}::{}").format(value, sql.SQL(kind)) if is_cast else value


def _arrays(types: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for kind in types)


def _array_literals(kinds: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """One array a column, written out here: the driver takes ten times as long over lists."""
    columns = zip(*rows, strict=True)
    return [array_literal(kind, values) for kind, values in zip(kinds, columns, strict=True)]


def array_literal(kind: str, values: Iterable[Any]) -> str:
    """Values of a column of this type as the text of an array, to be cast to the array's type."""
    return _array_literal(_writer(kind), values)


def _array_literal(write: Callable[[Any], str], values: Iterable[Any]) -> str:
    written = ",".join(["NULL" if value is None else write(value) for value in values])
    return "{" + written + "}"


def _writer(kind: str) -> Callable[[Any], str]:
    if kind.endswith("[]"):
        write = _writer(kind.removesuffix("[]"))
        return lambda values: _quoted(_array_literal(write, values))
    for beginning, write in _WRITERS.items():
        if kind.startswith(beginning):
            return write
    raise NotImplementedError(f"Rows with a column of type {kind}.")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _iso(value: date) -> str:
    return f'"{value.isoformat()}"'


def _hex(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


_WRITERS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys((*_TEXT_TYPES, "text"), _quoted),
    **dict.fromkeys(("bigint", "integer", "smallint"), lambda value: str(int(value))),
    **dict.fromkeys(("timestamp", "date"), _iso),
    "double precision": lambda value: repr(float(value)),
    "numeric": str,
    "boolean": lambda value: "t" if value else "f",
    "bytea": _hex,
    "uuid": str,
}


def _run(statement: sql.Composable, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
