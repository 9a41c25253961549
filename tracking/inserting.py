"""Inserting many rows at once, and learning which of them were new."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models

from contacts.bulk import array_literal

BY_EXTERNAL_ID = '("workspace_id", "external_id")'


def insert_new(rows: Sequence[models.Model], *, unique: str = BY_EXTERNAL_ID) -> dict[str, int]:
    """Insert the rows whose external id is new; ids by external id of those inserted.

    All rows are of one model. A concurrent transaction that inserts the same external id is
    waited for: then its row stays, and ours is not in the answer. `unique` is the conflict target
    as SQL text written by a programmer.
    """
    if not rows:
        return {}
    statement, parameters = _insert(rows)
    statement += f' ON CONFLICT {unique} DO NOTHING RETURNING "external_id", "id"'
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return dict(cursor.fetchall())


def insert_all(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model whose ids nobody asks for."""
    if not rows:
        return
    statement, parameters = _insert(rows)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """So many unused ids of the model, in order."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [number for (number,) in cursor.fetchall()]


def _insert(rows: Sequence[models.Model]) -> tuple[str, list[str]]:
    """One array a column: the statement's text doesn't grow with the rows."""
    model = type(rows[0])
    fields = [
        field
        for field in model._meta.concrete_fields
        if not (field.primary_key and rows[0].pk is None) and not field.has_db_default()
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    arrays = ", ".join(f"%s::{_array_type(field)}[]" for field in fields)
    table = model._meta.db_table
    values = zip(*map(attrgetter(*(field.attname for field in fields)), rows), strict=True)
    parameters = [
        array_literal(str(field.db_type(connection)), column)
        for field, column in zip(fields, values, strict=True)
    ]
    return f'INSERT INTO "{table}" ({columns}) SELECT * FROM unnest({arrays})', parameters  # noqa: S608


def _array_type(field: models.Field[Any, Any]) -> str:
    kind = str(field.db_type(connection))
    # An explicit cast to varchar(n) would cut silently instead of failing.
    return "text" if kind.startswith(("varchar", "char")) else kind
