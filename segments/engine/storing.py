"""Leaf sets in PostgreSQL: read by whoever asks the same leaf, written when that was worth it.

Any process may write; one that would have to wait for another doesn't. A row can only be replaced
by one of a later instant. What isn't used goes first when a workspace has too much.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.functions import Length
from psycopg import sql

from segments.engine.bringing import Held
from segments.engine.positions import Position, Snapshot
from segments.engine.questions import instants_of, read_instants
from segments.engine.remembering import Place, remembered
from segments.engine.sets import ContactSet
from segments.models import LeafSet, LeafVector
from workspaces.models import Workspace

Stored = LeafSet | LeafVector

# Sets older than this are asked anew: reading the log since would not be worth it, and the log is
# kept only a little longer (contacts.services.forget_changes).
MOST_AGE = timedelta(days=2)
# Only answers for about now are kept: others are asked once. Two repeatable-read transactions that
# keep the same set could not both commit, so those keep none.
PAST, FUTURE = timedelta(hours=1), timedelta(minutes=1)
MARKED_FOR = timedelta(hours=1)
NAME_LENGTH = LeafSet._meta.get_field("name").max_length or 0

_READ_COMMITTED = "current_setting('transaction_isolation') = 'read committed'"
MAY_SAVE = f"""{_READ_COMMITTED}
    AND %s BETWEEN clock_timestamp() - make_interval(secs => %s)
        AND clock_timestamp() + make_interval(secs => %s)"""

# Built from conditions of our own, which are constants.
_SAVE = f"""
INSERT INTO segments_leafset
    (workspace_id, key, name, bits, size, as_of, snapshot, moments, build_us, patch_us, used_at)
SELECT %s, given.key, given.name, given.bits, given.size, %s, %s, given.moments::jsonb,
    given.build_us, given.patch_us, now()
FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::bigint[], %s::text[], %s::bigint[],
    %s::float8[]) AS given (key, name, bits, size, moments, build_us, patch_us)
WHERE {MAY_SAVE}
    AND pg_try_advisory_xact_lock(hashtextextended(given.key, %s))
ON CONFLICT (workspace_id, key) DO UPDATE SET
    bits = excluded.bits, size = excluded.size, as_of = excluded.as_of,
    snapshot = excluded.snapshot, moments = excluded.moments, build_us = excluded.build_us,
    patch_us = excluded.patch_us, used_at = excluded.used_at
WHERE segments_leafset.as_of <= excluded.as_of
"""  # noqa: S608

# By table: written out, since compiling a queryset takes longer than answering it.
_PLACES = {
    model: f"""
SELECT key, as_of, snapshot, used_at < now() - make_interval(secs => %s)
FROM {model._meta.db_table}
WHERE workspace_id = %s AND key = ANY(%s) AND as_of BETWEEN %s AND %s
"""  # noqa: S608
    for model in (LeafSet, LeafVector)
}


def load(workspace: Workspace, keys: Mapping[str, str], *, as_of: datetime) -> dict[str, Held]:
    """Stored sets by leaf name, of the keys given by leaf name, if not too far from the instant.

    Those this process has read before aren't sent again. They count as used.
    """
    places = find(workspace, LeafSet, keys.values(), as_of=as_of)
    by_key = {place[1]: held for place in places if (held := remembered.get(place)) is not None}
    for row in rows_at(workspace, LeafSet, [each for each in places if each[1] not in by_key]):
        held = by_key[row.key] = _held(row)
        size = held.members.bits.nbytes
        remembered.put((workspace.pk, row.key, row.as_of, row.snapshot), held, size)
    return {name: by_key[key] for name, key in keys.items() if key in by_key}


def find(
    workspace: Workspace, model: type[Stored], keys: Iterable[str], *, as_of: datetime
) -> list[Place]:
    """Where rows with these keys are true, if that isn't too far from the instant. They count as
    used."""
    first, last = as_of - MOST_AGE, as_of + MOST_AGE
    marked_for = MARKED_FOR.total_seconds()
    with connection.cursor() as cursor:
        cursor.execute(_PLACES[model], [marked_for, workspace.pk, list(keys), first, last])
        found = cursor.fetchall()
    if unmarked := [key for key, *_, is_unmarked in found if is_unmarked]:
        _mark_used(workspace, model, unmarked)
    return [(workspace.pk, key, at, snapshot) for key, at, snapshot, _ in found]


def rows_at(workspace: Workspace, model: type[Stored], places: Iterable[Place]) -> list[Any]:
    """The rows at these places, or at later ones that have replaced them since."""
    keys = [key for _, key, _, _ in places]
    rows = model.objects.in_workspace(workspace)
    return list(rows.filter(key__any_of=keys)) if keys else []


def _held(row: LeafSet) -> Held:
    return Held(
        key=row.key,
        members=ContactSet.from_bytes(row.workspace_id, row.bits),
        position=Position(row.as_of, Snapshot.read(row.snapshot)),
        moments=read_instants(row.moments),
        build_us=row.build_us,
        patch_us=row.patch_us,
    )


def save(workspace: Workspace, held: Mapping[str, Held]) -> None:
    """Keep these for others; all of them are at one position."""
    if not held:
        return
    [position] = {each.position for each in held.values()}
    by_key = {each.key: (name, each) for name, each in held.items()}
    sets = [by_key[key] for key in sorted(by_key)]
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE,
            [
                workspace.pk,
                position.as_of,
                str(position.snapshot),
                [each.key for _, each in sets],
                [name[:NAME_LENGTH] for name, _ in sets],
                [each.members.to_bytes() for _, each in sets],
                [len(each.members) for _, each in sets],
                [json.dumps(instants_of(each.moments)) for _, each in sets],
                [each.build_us for _, each in sets],
                [each.patch_us for _, each in sets],
                *may_save_parameters(position.as_of),
                workspace.pk,
            ],
        )


def may_save_parameters(as_of: datetime) -> tuple[Any, ...]:
    """Those of `MAY_SAVE` for an answer of this instant."""
    return as_of, PAST.total_seconds(), FUTURE.total_seconds()


def _mark_used(workspace: Workspace, model: type[Stored], keys: Iterable[str]) -> None:
    """So that they are not the first to go; never waiting for another process that says so."""
    statement = sql.SQL(
        "UPDATE {table} SET used_at = now() WHERE workspace_id = %s AND key = ANY(%s)"
        " AND {may_write} AND pg_try_advisory_xact_lock(hashtextextended(key, workspace_id))"
    ).format(table=sql.Identifier(model._meta.db_table), may_write=sql.SQL(_READ_COMMITTED))
    with connection.cursor() as cursor:
        cursor.execute(statement, [workspace.pk, list(keys)])


def evict(*, workspace: Workspace, now: datetime) -> int:
    """Drop what is too old to start from, then what is unused longest, down to the workspace's
    room (LEAF_SET_MEGABYTES, once for sets and once for numbers). How many went."""
    numbers = Length("numbers") + Length("totals")
    return _evict(workspace, LeafSet, Length("bits"), now) + _evict(
        workspace, LeafVector, numbers, now
    )


def _evict(workspace: Workspace, model: type[Stored], size: Any, now: datetime) -> int:
    rows = model._default_manager.filter(workspace=workspace)
    gone, _ = rows.filter(as_of__lt=now - MOST_AGE).delete()
    room = settings.LEAF_SET_MEGABYTES * 2**20
    sizes = list(rows.order_by("used_at").values_list("pk", size))
    total = sum(each for _, each in sizes)
    for pk, each in sizes:
        if total <= room:
            break
        rows.filter(pk=pk).delete()
        total -= each
        gone += 1
    return gone
