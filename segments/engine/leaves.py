"""The seam: ids of leaf L, for everybody or for these contacts, as of T.

All leaves of a tree are fetched by one SQL statement, so that they come from one snapshot of the
database: size, members and every node's count agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from contacts.models import NUMBER_MASK
from segments.criteria.measures import Measure
from segments.criteria.scope import Scope
from segments.engine.positions import SNAPSHOT, Changes, Snapshot, late_changes_sql, read_late
from segments.engine.questions import Narrowed
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


def fetch_sets(queries: Mapping[str, QuerySet[Any]], scope: Scope) -> dict[str, ContactSet]:
    """The contact ids of each queryset (one column each) as a set, by the mapping's keys.

    An empty queryset (`.none()`) is the empty set.
    """
    return fetch(queries, scope.workspace.pk).sets


def fetch(
    queries: Mapping[str, QuerySet[Any] | Narrowed],
    workspace_id: int,
    watch: Snapshot | None = None,
    measures: Mapping[str, Measure] | None = None,
) -> Fetched:
    """The same with the snapshot, and with what became visible since `watch`.

    Of leaves with a measure their rows are read and summed here, which takes less time than
    having them grouped, and gives the numbers of contacts beside the set.
    """
    measures = measures or {}
    names = list(queries)
    parts = [f"SELECT {_SNAPSHOT}, convert_to({SNAPSHOT}, 'UTF8'), clock_timestamp(), NULL::bytea"]
    params: list[Any] = []
    if watch is not None:
        parts.append(late_changes_sql(_LATE, workspace_id, watch))
    for position, name in enumerate(names):
        measure = measures.get(name)
        compiled = _compile(queries[name] if measure is None else measure.numbers())
        if compiled is not None:
            parts.append(_part(position, compiled[0], measure))
            params.extend(compiled[1])
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return _read(workspace_id, names, cursor.fetchall(), measures)


def _part(position: int, sql: str, measure: Measure | None) -> str:
    # The text comes from the ORM's compiler; positions and the mask are our own integers.
    numbers = f"array_send(array_agg((ids.id & {NUMBER_MASK})::int4))"
    if measure is None or measure.value is None:
        return f"SELECT {position}, {numbers}, clock_timestamp(), NULL FROM ({sql}) AS ids (id)"  # noqa: S608
    values = "array_send(array_agg(ids.value::int8))"
    return (
        f"SELECT {position}, {numbers}, clock_timestamp(), {values}"  # noqa: S608
        f" FROM ({sql}) AS ids (id, value) WHERE ids.value IS NOT NULL"
    )


def _read(
    workspace_id: int,
    names: list[str],
    rows: list[tuple[int, Any, datetime, Any]],
    measures: Mapping[str, Measure],
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
            if (measure := measures.get(name)) is None:
                sets[name] = ContactSet.from_array_send(workspace_id, sent)
            else:
                vectors[name] = _vector(sent, values)
                sets[name] = vectors[name].matching(measure, workspace_id)
            if before is not None:  # the parts are run one after the other
                took[name] = max(0, int((at - before).total_seconds() * 1e6))
        before = at
    return Fetched(sets, Snapshot.read(snapshot), late, took, vectors)


def _vector(sent: Any, values: Any) -> Vector:
    numbers = ContactSet.numbers_sent(sent)
    return Vector.summed(numbers, None if values is None else ContactSet.values_sent(values))


def rows_expected(queryset: QuerySet[Any]) -> int:
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
        return queryset.sql, queryset.params
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, params
