"""The seam: ids of leaf L, for everybody or for these contacts, as of T.

All leaves of a tree are fetched by one SQL statement, so that they come from one snapshot of the
database: size, members and every node's count agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from contacts.models import NUMBER_MASK
from segments.criteria.scope import Scope
from segments.engine.sets import ContactSet


def fetch_sets(queries: Mapping[str, QuerySet[Any]], scope: Scope) -> dict[str, ContactSet]:
    """The contact ids of each queryset (one column each) as a set, by the mapping's keys.

    An empty queryset (`.none()`) is the empty set.
    """
    workspace_id = scope.workspace.pk
    parts: list[str] = []
    params: list[Any] = []
    names = list(queries)
    for position, name in enumerate(names):
        compiled = _compile(queries[name])
        if compiled is None:
            continue
        sql, sql_params = compiled
        # The text comes from the ORM's compiler; positions and the mask are our own integers.
        numbers = f"array_send(array_agg((ids.id & {NUMBER_MASK})::int4))"
        parts.append(f"SELECT {position}, {numbers} FROM ({sql}) AS ids (id)")  # noqa: S608
        params.extend(sql_params)
    sets = {name: ContactSet.empty(workspace_id) for name in names}
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            for position, sent in cursor.fetchall():
                sets[names[position]] = ContactSet.from_array_send(workspace_id, sent)
    return sets


def _compile(queryset: QuerySet[Any]) -> tuple[str, tuple[Any, ...]] | None:
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, params
