"""The seam: ids of leaf L, for everybody or for these contacts, as of T.

All leaves of a tree are fetched by one SQL statement, so that they come from one snapshot of the
database: size, members and every node's count agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from contacts.models import NUMBER_MASK
from segments.criteria.measures import Combining
from segments.criteria.scope import Scope
from segments.engine.positions import SNAPSHOT, Changes, Snapshot, late_changes, read_late
from segments.engine.questions import Asked, Narrowed
from segments.engine.sets import ContactSet
from segments.engine.vectors import Vector

_SNAPSHOT, _LATE = -2, -1  # positions of what is fetched beside the leaves


@dataclass(frozen=True)
class Fetched:
    """Sets by name, what the database showed them, and what was written since `watch`."""

    sets: dict[str, ContactSet]
    snapshot: Snapshot
    late: Changes | None = None
    microseconds: dict[str, int] = field(default_factory=dict)  # what each set took to ask
    vectors: dict[str, Vector] = field(default_factory=dict)  # of leaves with a measure


def fetch_sets(
    queries: Mapping[str, QuerySet[Any] | Narrowed], scope: Scope
) -> dict[str, ContactSet]:
    """The contact ids of each queryset (one column each) as a set, by the mapping's keys.

    An empty queryset (`.none()`) is the empty set.
    """
    return fetch(queries, scope.workspace.pk).sets


def fetch(
    queries: Mapping[str, QuerySet[Any] | Narrowed],
    workspace_id: int,
    watch: Snapshot | None = None,
    measured: Mapping[str, Asked] | None = None,
) -> Fetched:
    """The same with the snapshot, and with what became visible since `watch`.

    Of what is to be measured (`ask_measure`) the rows are read and combined here, which takes less
    time than having them grouped, and gives the numbers of contacts beside the set.
    """
    measured = measured or {}
    names = list(queries)
    parts = [f"SELECT {_SNAPSHOT}, convert_to({SNAPSHOT}, 'UTF8'), clock_timestamp(), NULL::bytea"]
    params: list[Any] = []
    if watch is not None:
        late, watched = late_changes(_LATE, workspace_id, watch)
        parts.append(late)
        params.extend(watched)
    for position, name in enumerate(names):
        numbers = measured.get(name)
        compiled = _compile(queries[name] if numbers is None else numbers.whole)
        if compiled is not None:
            parts.append(_part(position, compiled[0], numbers))
            params.extend(compiled[1])
    with binary_cursor() as cursor:
        cursor.execute(_merged(" UNION ALL ".join(parts), params))
        return _read(workspace_id, names, cursor.fetchall(), measured)


@contextmanager
def binary_cursor() -> Iterator[Any]:
    """One that is sent sets as they are: as text they are twice as long, and written and read
    digit by digit. It takes no parameters."""
    database: Any = connection  # the stubs know Django's own cursors only
    database.ensure_connection()
    with psycopg.Cursor(database.connection) as cursor:
        cursor.format = psycopg.pq.Format.BINARY
        is_logged = database.queries_logged
        yield database.make_debug_cursor(cursor) if is_logged else database.make_cursor(cursor)


def _merged(sql: str, params: Sequence[Any]) -> str:
    """With the parameters as literals, as the driver writes them."""
    return psycopg.ClientCursor(connection.connection).mogrify(sql, params)


def _part(position: int, sql: str, measured: Asked | None) -> str:
    # The text comes from the ORM's compiler; positions and the mask are our own integers.
    numbers = f"array_send(array_agg((ids.id & {NUMBER_MASK})::int4))"
    comparison = None if measured is None else measured.comparison
    if comparison is None or not comparison.has_values:
        return f"SELECT {position}, {numbers}, clock_timestamp(), NULL FROM ({sql}) AS ids (id)"  # noqa: S608
    columns, values = "id, value", "array_send(array_agg(ids.value::int8))"
    if comparison.combining == Combining.EACH:
        values = "array_send(array_agg(ids.value::float8))"
    elif comparison.combining == Combining.RATIO:
        # Of the same length, so that they can be told apart.
        columns += ", divisor"
        values += " || array_send(array_agg(ids.divisor::int8))"
    return (
        f"SELECT {position}, {numbers}, clock_timestamp(), {values}"  # noqa: S608
        f" FROM ({sql}) AS ids ({columns}) WHERE ids.value IS NOT NULL"
    )


def _read(
    workspace_id: int,
    names: list[str],
    rows: list[tuple[int, Any, datetime, Any]],
    measured: Mapping[str, Asked],
) -> Fetched:
    sets = {name: ContactSet.empty(workspace_id) for name in names}
    vectors: dict[str, Vector] = {}
    took: dict[str, int] = {}
    snapshot, late, before = "", None, None
    for position, sent, at, values in rows:
        if position == _SNAPSHOT:
            snapshot = bytes(sent).decode()
        elif position == _LATE:
            late = read_late(workspace_id, sent)
        else:
            name = names[position]
            comparison = measured[name].comparison if name in measured else None
            if comparison is None:
                sets[name] = ContactSet.from_array_send(workspace_id, sent)
            else:
                vectors[name] = _vector(sent, values, comparison.combining)
                sets[name] = vectors[name].matching(comparison, workspace_id)
            if before is not None:  # the parts are run one after the other
                took[name] = max(0, int((at - before).total_seconds() * 1e6))
        before = at
    return Fetched(sets, Snapshot.read(snapshot), late, took, vectors)


def _vector(sent: Any, values: Any, combining: Combining) -> Vector:
    numbers = ContactSet.numbers_sent(sent)
    if values is None:
        return Vector.combined(numbers, None, None, combining)
    divisors = None
    if combining == Combining.RATIO:
        half = len(values) // 2
        values, divisors = values[:half], ContactSet.values_sent(values[half:])
    is_float = combining == Combining.EACH
    found = ContactSet.values_sent(values, is_float=is_float)
    return Vector.combined(numbers, found, divisors, combining)


def rows_expected(queryset: QuerySet[Any] | Narrowed) -> int:
    """How many rows the database expects of a queryset."""
    compiled = _compile(queryset)
    if compiled is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {compiled[0]}", compiled[1])
        [(plans,)] = cursor.fetchall()
    return int((json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"]["Plan Rows"])


def _compile(queryset: QuerySet[Any] | Narrowed) -> tuple[str, tuple[Any, ...]] | None:
    if isinstance(queryset, Narrowed):
        return None if queryset.sql is None else (queryset.sql, queryset.params)
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, params
