"""Vectors in PostgreSQL, and the last ones used in memory, as a start for other thresholds."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from threading import Lock

import numpy as np
from django.conf import settings
from django.db import connection

from segments.criteria.measures import measure_of
from segments.criteria.scope import Scope
from segments.engine import storing
from segments.engine.bringing import Brought, Held
from segments.engine.positions import Position, Snapshot
from segments.engine.questions import Asked, LeafMake, instants_of, read_instants
from segments.engine.templates import asked_at, measure_asked_at
from segments.engine.vectors import HeldVector, Measured, Vector, is_whole
from segments.models import LeafVector
from workspaces.models import Workspace

# Conditions of our own, as constants.
_SAVE = f"""
INSERT INTO segments_leafvector
    (workspace_id, key, numbers, totals, as_of, snapshot, moments, build_us, used_at)
SELECT %s, %s, %s, %s, %s, %s, %s::jsonb, %s, now()
WHERE {storing.MAY_SAVE}
    AND pg_try_advisory_xact_lock(hashtextextended(%s, %s))
ON CONFLICT (workspace_id, key) DO UPDATE SET
    numbers = excluded.numbers, totals = excluded.totals, as_of = excluded.as_of,
    snapshot = excluded.snapshot, moments = excluded.moments, build_us = excluded.build_us,
    used_at = excluded.used_at
WHERE segments_leafvector.as_of <= excluded.as_of
"""


def starts_from_vectors(
    asked: Mapping[str, Asked], makes: Mapping[str, LeafMake], scope: Scope
) -> dict[str, Held]:
    """Sets of leaves whose numbers are kept, each true where its numbers were measured."""
    measured = {name: measure_asked_at(name, makes[name], scope) for name in asked}
    keys = {name: each.key for name, each in measured.items() if each is not None}
    if not keys:
        return {}
    vectors = _load(scope.workspace, set(keys.values()), as_of=scope.as_of)
    starts = {
        name: _start(asked[name], makes[name], vectors[key], scope)
        for name, key in keys.items()
        if key in vectors
    }
    return {name: held for name, held in starts.items() if held is not None}


def _start(asked: Asked, make: LeafMake, held: HeldVector, scope: Scope) -> Held | None:
    """The leaf's set where the vector was measured, if it asked the same there."""
    then = scope.at(held.position.as_of)
    leaf, measured = asked_at(asked.name, make, then), measure_asked_at(asked.name, make, then)
    measure = measure_of(make(then))
    if measured is None or measure is None or not is_whole(measure):
        return None
    if leaf.key != asked.key or measured.key != held.key or measured.moments != held.moments:
        return None
    members = held.vector.matching(measure, scope.workspace.pk)
    return Held(asked.key, members, held.position, leaf.moments, held.build_us)


def save_vectors(scope: Scope, brought: Brought, makes: Mapping[str, LeafMake]) -> None:
    """Keep the numbers that took long to measure."""
    worth = {
        name: each
        for name, each in brought.vectors.items()
        if each.build_us >= settings.LEAF_SET_MIN_MICROSECONDS
    }
    asked = {name: measure_asked_at(name, makes[name], scope) for name in worth}
    for name, question in sorted(asked.items()):
        if question is not None:
            _save(scope.workspace, question, worth[name])


def _save(workspace: Workspace, question: Asked, measured: Measured) -> None:
    as_of = measured.position.as_of
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE,
            [
                workspace.pk,
                question.key,
                measured.vector.numbers.tobytes(),
                measured.vector.values.tobytes(),
                as_of,
                str(measured.position.snapshot),
                json.dumps(instants_of(question.moments)),
                measured.build_us,
                *storing.may_save_parameters(as_of),
                question.key,
                workspace.pk,
            ],
        )


def _load(workspace: Workspace, keys: set[str], *, as_of: datetime) -> dict[str, HeldVector]:
    near = (as_of - storing.MOST_AGE, as_of + storing.MOST_AGE)
    rows = LeafVector.objects.in_workspace(workspace).filter(
        key__any_of=sorted(keys), as_of__range=near
    )
    found = {}
    for pk, key, at, snapshot in rows.values_list("pk", "key", "as_of", "snapshot"):
        place = (workspace.pk, key, at, snapshot)
        held = _recent.get(place)
        if held is None:
            row = rows.filter(pk=pk).first()
            if row is None:
                continue  # evicted since
            held = _held(row)
            _recent.put(place, held)
        found[key] = held
    if found:
        storing.mark_used(workspace, found, table=LeafVector._meta.db_table)
    return found


def _held(row: LeafVector) -> HeldVector:
    numbers = np.frombuffer(row.numbers, dtype=np.int32)
    vector = Vector(numbers, np.frombuffer(row.totals, dtype=np.int64))
    position = Position(row.as_of, Snapshot.read(row.snapshot))
    return HeldVector(row.key, vector, position, read_instants(row.moments), row.build_us)


_Place = tuple[int, str, datetime, str]


class _Recent:
    """The vectors of this process used last, up to VECTOR_CACHE_MEGABYTES."""

    def __init__(self) -> None:
        self._held: OrderedDict[_Place, HeldVector] = OrderedDict()
        self._lock = Lock()

    def get(self, place: _Place) -> HeldVector | None:
        with self._lock:
            held = self._held.get(place)
            if held is not None:
                self._held.move_to_end(place)
            return held

    def put(self, place: _Place, held: HeldVector) -> None:
        room = settings.VECTOR_CACHE_MEGABYTES * 2**20
        with self._lock:
            self._held[place] = held
            while self._held and sum(each.vector.size for each in self._held.values()) > room:
                self._held.popitem(last=False)


_recent = _Recent()
