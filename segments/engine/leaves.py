"""The seam: ids of leaf L, for everybody or for these contacts, as of T.

All leaves of a tree are fetched by one SQL statement, so that they come from one snapshot of the
database: size, members and every node's count agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from contacts.models import NUMBER_MASK
from segments.criteria.scope import Scope
from segments.engine.positions import SNAPSHOT, Changes, Snapshot, late_changes_sql, read_late
from segments.engine.sets import ContactSet

_SNAPSHOT, _LATE = -2, -1  # positions of what is fetched beside the leaves


@dataclass(frozen=True)
class Fetched:
    """Sets by name, what the database showed them, and what was written since `watch`."""

    sets: dict[str, ContactSet]
    snapshot: Snapshot
    late: Changes | None = None
    microseconds: dict[str, int] = field(default_factory=dict)  # what each set took to ask


def fetch_sets(queries: Mapping[str, QuerySet[Any]], scope: Scope) -> dict[str, ContactSet]:
    """The contact ids of each queryset (one column each) as a set, by the mapping's keys.

    An empty queryset (`.none()`) is the empty set.
    """
    return fetch(queries, scope.workspace.pk).sets


def fetch(
    queries: Mapping[str, QuerySet[Any]], workspace_id: int, watch: Snapshot | None = None
) -> Fetched:
    """The same with the snapshot, and with what became visible since `watch`."""
    names = list(queries)
    parts = [f"SELECT {_SNAPSHOT}, convert_to({SNAPSHOT}, 'UTF8'), clock_timestamp()"]
    params: list[Any] = []
    if watch is not None:
        parts.append(late_changes_sql(_LATE, workspace_id, watch))
    for position, name in enumerate(names):
        compiled = _compile(queries[name])
        if compiled is None:
            continue
        sql, sql_params = compiled
        # The text comes from the ORM's compiler; positions and the mask are our own integers.
        numbers = f"array_send(array_agg((ids.id & {NUMBER_MASK})::int4))"
        parts.append(f"SELECT {position}, {numbers}, clock_timestamp() FROM ({sql}) AS ids (id)")  # noqa: S608
        params.extend(sql_params)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return _read(workspace_id, names, cursor.fetchall())


def _read(workspace_id: int, names: list[str], rows: list[tuple[int, Any, datetime]]) -> Fetched:
    sets = {name: ContactSet.empty(workspace_id) for name in names}
    took: dict[str, int] = {}
    snapshot, late, before = "", None, None
    for position, sent, at in rows:
        if position == _SNAPSHOT:
            snapshot = bytes(sent).decode()
        elif position == _LATE:
            late = read_late(workspace_id, sent)
        else:
            sets[names[position]] = ContactSet.from_array_send(workspace_id, sent)
            if before is not None:  # the parts are run one after the other
                took[names[position]] = max(0, int((at - before).total_seconds() * 1e6))
        before = at
    return Fetched(sets, Snapshot.read(snapshot), late, took)


def _compile(queryset: QuerySet[Any]) -> tuple[str, tuple[Any, ...]] | None:
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, params
