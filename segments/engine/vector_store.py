"""Vectors in PostgreSQL, and the last ones used in memory, as a start for other thresholds.

Numbers that were read for an answer are kept if that took long. Where asking who passes reads less
than measuring everybody, the first answer isn't made slower: `measure_all` is for later, in the
background.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from segments.criteria.measures import Combining
from segments.criteria.scope import Scope
from segments.engine import storing
from segments.engine.bringing import Brought, Held
from segments.engine.leaves import fetch
from segments.engine.positions import Position, Snapshot
from segments.engine.questions import Asked, LeafMake, instants_of, read_instants
from segments.engine.remembering import remembered
from segments.engine.templates import asked_all, asked_at, measure_asked_at
from segments.engine.vectors import HeldVector, Measured, Vector, is_comparable
from segments.models import LeafVector
from workspaces.models import Workspace

FRESH = timedelta(minutes=10)

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
    measured = _comparable(asked, makes, scope)
    vectors = _load(scope.workspace, list(measured.values()), as_of=scope.as_of)
    starts = {
        name: start_from(asked[name], makes[name], vectors[each.key], scope)
        for name, each in measured.items()
        if each.key in vectors
    }
    return {name: held for name, held in starts.items() if held is not None}


def _comparable(
    asked: Mapping[str, Asked], makes: Mapping[str, LeafMake], scope: Scope
) -> dict[str, Asked]:
    """The numbers behind those leaves that vectors can answer, to be asked for."""
    measured = {
        name: measure_asked_at(name, makes[name], scope)
        for name, each in asked.items()
        if each.comparison is not None and is_comparable(each.comparison)
    }
    return {name: each for name, each in measured.items() if each is not None}


def start_from(asked: Asked, make: LeafMake, held: HeldVector, scope: Scope) -> Held | None:
    """The leaf's set where the vector was measured, if it asked the same there."""
    then = scope.at(held.position.as_of)
    leaf, measured = asked_at(asked.name, make, then), measure_asked_at(asked.name, make, then)
    if measured is None or leaf.comparison is None:
        return None
    if leaf.key != asked.key or measured.key != held.key or measured.moments != held.moments:
        return None
    members = held.vector.matching(leaf.comparison, scope.workspace.pk)
    return Held(asked.key, members, held.position, leaf.moments, held.build_us)


def save_vectors(scope: Scope, brought: Brought, makes: Mapping[str, LeafMake]) -> None:
    """Keep the numbers that took long to measure."""
    for name, measured in sorted(brought.vectors.items()):
        if measured.build_us >= settings.LEAF_SET_MIN_MICROSECONDS:
            question = measure_asked_at(name, makes[name], scope)
            if question is not None:
                _save(scope.workspace, question, measured)


def measure_all(makes: Mapping[str, LeafMake], scope: Scope) -> int:
    """Measure everybody for those leaves that compare numbers, and keep what is measured.

    How many were; what was measured since `FRESH` before the instant isn't again.
    """
    asked = asked_all(makes, scope)
    questions = {each.key: each for each in _comparable(asked, makes, scope).values()}
    for _, key, at, _ in storing.find(scope.workspace, LeafVector, questions, as_of=scope.as_of):
        if at >= scope.as_of - FRESH:
            del questions[key]
    for key, question in sorted(questions.items()):
        fetched = fetch({key: question.whole}, scope.workspace.pk, measured={key: question})
        position = Position(scope.as_of, fetched.snapshot)
        if (vector := fetched.vectors.get(key)) is not None:
            took = fetched.microseconds.get(key, 0)
            _save(scope.workspace, question, Measured(vector, position, took))
    return len(questions)


def _save(workspace: Workspace, question: Asked, measured: Measured) -> None:
    as_of = measured.position.as_of
    if not measured.vector.is_storable:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE,
            [
                workspace.pk,
                question.key,
                measured.vector.numbers.tobytes(),
                measured.vector.to_bytes(),
                as_of,
                str(measured.position.snapshot),
                json.dumps(instants_of(question.moments)),
                measured.build_us,
                *storing.may_save_parameters(as_of),
                question.key,
                workspace.pk,
            ],
        )


def _load(
    workspace: Workspace, questions: Sequence[Asked], *, as_of: datetime
) -> dict[str, HeldVector]:
    """Kept vectors by key."""
    if not questions:
        return {}
    compared = {each.key: each.comparison for each in questions}
    places = storing.find(workspace, LeafVector, compared, as_of=as_of)
    found: dict[str, HeldVector] = {
        place[1]: held for place in places if (held := remembered.get(place)) is not None
    }
    missing = [each for each in places if each[1] not in found]
    for row in storing.rows_at(workspace, LeafVector, missing):
        comparison = compared[row.key]
        if comparison is not None:
            held = found[row.key] = _held(row, comparison.combining)
            place = (workspace.pk, row.key, row.as_of, row.snapshot)
            remembered.put(place, held, held.vector.size)
    return found


def _held(row: LeafVector, combining: Combining) -> HeldVector:
    vector = Vector.from_bytes(row.numbers, row.totals, combining).spread(row.workspace_id)
    position = Position(row.as_of, Snapshot.read(row.snapshot))
    return HeldVector(row.key, vector, position, read_instants(row.moments), row.build_us)
