"""The sets of a tree's leaves, shared by everything in a workspace that asks the same.

Read from the store where they are there, brought to the instant asked for, and put back where that
cost something. An answer is never older than its instant: what is stored is only a start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from segments.criteria.scope import Scope
from segments.engine import storing
from segments.engine.bringing import Brought, Held, bring
from segments.engine.columns.answering import starts_from_columns
from segments.engine.columns.asking import answerable
from segments.engine.leaves import fetch_sets
from segments.engine.questions import Asked, Contacts, LeafMake
from segments.engine.sets import ContactSet
from segments.engine.templates import asked_all, asked_among
from segments.engine.vector_store import save_vectors, starts_from_vectors
from segments.engine.vectors import is_comparable

# A set that was only brought further is written again when it would soon be far behind.
SAVE_AFTER = timedelta(seconds=30)


MOST_REMEMBERED = 10_000
QUICK = 200_000  # microseconds of the database; from columns it is a thirtieth of that
# By workspace and key.
_answered: set[tuple[int, str]] = set()
_quick: set[tuple[int, str]] = set()

# Having this many contacts asked again for another threshold is worth measuring anew.
MANY_PATCHED = 1_000


@dataclass(frozen=True)
class Current:
    """Each leaf's contacts, and which leaves would answer another threshold slowly."""

    sets: dict[str, ContactSet]
    unmeasured: frozenset[str] = frozenset()
    outdated: frozenset[str] = frozenset()  # tables to be kept anew


def current_sets(makes: Mapping[str, LeafMake], scope: Scope) -> dict[str, ContactSet]:
    """Each leaf's contacts at the scope's instant, all from one snapshot of the database.

    What took long to ask is kept for whoever asks next.
    """
    return current(makes, scope).sets


def current(makes: Mapping[str, LeafMake], scope: Scope) -> Current:
    """The same, with what to measure in the background (vector_store.py)."""
    if scope.contact_ids is not None:
        whole, contacts = scope.only(None), Contacts(sorted(scope.contact_ids))
        asked = asked_all(makes, whole)
        queries = {name: asked_among(each, contacts, whole) for name, each in asked.items()}
        return Current(fetch_sets(queries, scope))
    every = asked_all(makes, scope)
    stands_for = _stand_ins(every)
    asked = {name: every[name] for name in dict.fromkeys(stands_for.values())}
    keys = {name: each.key for name, each in asked.items()}
    known = load_kept(scope, keys)
    missing = {name: each for name, each in asked.items() if name not in known}
    by_columns = starts_from_columns(missing, makes, scope)
    missing = {name: each for name, each in missing.items() if name not in by_columns.held}
    starts = starts_from_vectors(missing, makes, scope)
    brought = bring(asked, {**known, **starts, **by_columns.held}, scope)
    note_quick(scope, brought)
    asked_again = _asked_again(scope.workspace.pk, by_columns.held)
    storing.save(scope.workspace, worth_keeping(brought, known, asked_again))
    save_vectors(scope, brought, makes)
    slow = {n: each for n, each in asked.items() if _is_slow(each, brought, n in starts)}
    unmeasured = slow.keys() - answerable(slow, makes, scope)
    sets = {name: brought.held[other].members for name, other in stands_for.items()}
    return Current(sets, frozenset(unmeasured), by_columns.outdated)


def load_kept(scope: Scope, keys: Mapping[str, str]) -> dict[str, Held]:
    """What is kept of the leaves with these keys. It isn't looked for where it wasn't worth keeping
    when this process last asked."""
    workspace = scope.workspace
    wanted = {n: key for n, key in keys.items() if (workspace.pk, key) not in _quick}
    return storing.load(workspace, wanted, as_of=scope.as_of) if wanted else {}


def note_quick(scope: Scope, brought: Brought) -> None:
    """Remember which of the leaves asked of everybody were answered too quickly to be kept."""
    if len(_quick) >= MOST_REMEMBERED:
        _quick.clear()
    for name in brought.rebuilt:
        held, least = brought.held[name], settings.LEAF_SET_MIN_MICROSECONDS
        change = _quick.add if held.build_us < least else _quick.discard
        change((scope.workspace.pk, held.key))


def _stand_ins(asked: Mapping[str, Asked]) -> dict[str, str]:
    """For each leaf the first that asks the same, so that it is asked once."""
    first: dict[tuple[Any, ...], str] = {}
    return {name: first.setdefault((each.key, each.moments), name) for name, each in asked.items()}


def _is_slow(asked: Asked, brought: Brought, is_from_vector: bool) -> bool:
    """Whether another threshold of the leaf would take a question of everybody, or of many."""
    name, comparison = asked.name, asked.comparison
    if comparison is None or not comparison.reads_more or not is_comparable(comparison):
        return False
    if brought.held[name].build_us < settings.LEAF_SET_MIN_MICROSECONDS:
        return False
    patched = brought.patched.get(name)
    is_patched_much = patched is not None and len(patched) > MANY_PATCHED
    return not is_from_vector or name in brought.rebuilt or is_patched_much


def worth_keeping(
    brought: Brought, known: Mapping[str, Held], started: Collection[str] = ()
) -> dict[str, Held]:
    """What took long to ask, what was `started` in another way and is asked again, and what has
    been brought far since it was stored."""
    return {
        name: held
        for name, held in brought.held.items()
        if _is_worth_keeping(
            held, known.get(name), is_new=name in brought.rebuilt or name in started
        )
    }


def _asked_again(workspace_id: int, held: Mapping[str, Held]) -> set[str]:
    """What took long, or was answered before by this process: a threshold that is being moved is
    asked once, and writing a set takes as long as answering it from few columns."""
    again = set()
    for name, each in held.items():
        asked = (workspace_id, each.key)
        if asked in _answered or each.build_us > QUICK:
            again.add(name)
        elif len(_answered) >= MOST_REMEMBERED:
            _answered.clear()
        _answered.add(asked)
    return again


def _is_worth_keeping(held: Held, before: Held | None, *, is_new: bool) -> bool:
    if before is not None and held.position.as_of <= before.position.as_of:
        return False
    if is_new:
        return bool(held.build_us >= settings.LEAF_SET_MIN_MICROSECONDS)
    if before is None:
        return False
    return held.position.as_of - before.position.as_of >= SAVE_AFTER
