"""The sets of a tree's leaves, shared by everything in a workspace that asks the same.

Read from the store where they are there, brought to the instant asked for, and put back where that
cost something. An answer is never older than its instant: what is stored is only a start.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings

from segments.criteria.scope import Scope
from segments.engine import storing
from segments.engine.bringing import Brought, Held, bring
from segments.engine.leaves import fetch_sets
from segments.engine.questions import LeafMake
from segments.engine.sets import ContactSet
from segments.engine.templates import asked_all
from segments.engine.vector_store import save_vectors, starts_from_vectors

# A set that was only brought further is written again when it would soon be far behind.
SAVE_AFTER = timedelta(seconds=30)


def current_sets(makes: Mapping[str, LeafMake], scope: Scope) -> dict[str, ContactSet]:
    """Each leaf's contacts at the scope's instant, all from one snapshot of the database.

    What took long to ask is kept for whoever asks next.
    """
    if scope.contact_ids is not None:
        return fetch_sets({name: make(scope) for name, make in makes.items()}, scope)
    asked = asked_all(makes, scope)
    keys = {name: each.key for name, each in asked.items()}
    known = storing.load(scope.workspace, keys, as_of=scope.as_of)
    missing = {name: each for name, each in asked.items() if name not in known}
    starts = starts_from_vectors(missing, makes, scope)
    brought = bring(asked, {**known, **starts}, scope)
    storing.save(scope.workspace, worth_keeping(brought, known))
    save_vectors(scope, brought, makes)
    if known:
        storing.mark_used(scope.workspace, [each.key for each in known.values()])
    return brought.sets


def worth_keeping(brought: Brought, known: Mapping[str, Held]) -> dict[str, Held]:
    """What took long to ask, and what has been brought far since it was stored."""
    return {
        name: held
        for name, held in brought.held.items()
        if _is_worth_keeping(held, known.get(name), is_new=name in brought.rebuilt)
    }


def _is_worth_keeping(held: Held, before: Held | None, *, is_new: bool) -> bool:
    if before is not None and held.position.as_of <= before.position.as_of:
        return False
    if is_new:
        return bool(held.build_us >= settings.LEAF_SET_MIN_MICROSECONDS)
    if before is None:
        return False
    return held.position.as_of - before.position.as_of >= SAVE_AFTER
