"""Brings leaf sets to one place: used as they are, asked again for a few contacts, or anew.

Everything returned is true for one instant and one snapshot of the database. What commits while we
ask is seen by the same statement that asks, and asked again, until nothing is left over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import QuerySet

from segments.criteria.scope import Scope
from segments.engine.expecting import has_more_rows
from segments.engine.leaves import Fetched, fetch
from segments.engine.positions import (
    MOST_CHANGES,
    Changes,
    EdgeContacts,
    Position,
    Snapshot,
    changes_since,
)
from segments.engine.questions import Asked, Contacts, Edge, Narrowed
from segments.engine.sets import ContactSet
from segments.engine.stepping import ANY_ROW, MOST_STEP, Step, rows_counted, step_between
from segments.engine.templates import asked_among, asked_at, measure_asked_at
from segments.engine.vectors import Measured, is_comparable

ROUNDS = 4  # of asking again what commits meanwhile; then everything is asked in one statement

# Until they are measured, in microseconds: a contact asked again, and a leaf asked of everybody.
UNMEASURED_CONTACT = 20.0
UNMEASURED_LEAF = 100_000
PATCH_OVERHEAD = 500

MOST_ROWS = 2_000_000  # to be summed here rather than by the database (12 bytes each)
# With more rows than this the database is asked for each contact once, not once a row.
MANY_ROWS = 3_000_000
MANY_CONTACTS = 100_000


@dataclass(frozen=True)
class Held:
    """A leaf set and what it is true for."""

    key: str
    members: ContactSet
    position: Position
    moments: tuple[Any, ...] = ()
    build_us: int = 0  # what asking everybody took
    patch_us: float = 0.0  # what asking one contact again took
    unsure: ContactSet | None = None  # who has to be asked again, whatever was written

    def is_cheaper_patched(self, contacts: int) -> bool:
        """Whether asking so many contacts again costs less than asking everybody."""
        each = self.patch_us or UNMEASURED_CONTACT
        return PATCH_OVERHEAD + contacts * each < (self.build_us or UNMEASURED_LEAF)


@dataclass(frozen=True)
class Brought:
    """Sets at one place, and what had to be asked for that."""

    held: dict[str, Held]
    position: Position
    changes: Changes
    timed: ContactSet  # contacts asked again because of time alone
    rebuilt: frozenset[str] = frozenset()
    patched: dict[str, ContactSet] = field(default_factory=dict)  # who was asked again, by leaf
    vectors: dict[str, Measured] = field(default_factory=dict)  # of leaves asked anew

    @property
    def sets(self) -> dict[str, ContactSet]:
        return {name: each.members for name, each in self.held.items()}


def bring(
    asked: Mapping[str, Asked],
    known: Mapping[str, Held],
    scope: Scope,
    numbers: Mapping[str, Measured] | None = None,
) -> Brought:
    """All leaves asked, true for the scope's instant and for what the database shows now.

    `known` are sets to start from, each at a place of its own; those that answer another question
    by now (a renamed tag, another zone) are left alone. `numbers`: those behind the same sets, of
    somebody who goes on step by step (stepping.py) and keeps `vectors` of each step for the next.
    """
    return _Bringing(asked, known, scope, numbers).run()


class _Bringing:
    def __init__(
        self,
        asked: Mapping[str, Asked],
        known: Mapping[str, Held],
        scope: Scope,
        numbers: Mapping[str, Measured] | None,
    ) -> None:
        self.scope = scope
        self.is_stepping = numbers is not None
        self.numbers = numbers or {}
        self.workspace_id = scope.workspace.pk
        self.asked = asked
        self.known = {
            name: known[name]
            for name, each in asked.items()
            if name in known and known[name].key == each.key
        }
        nobody = ContactSet.empty(self.workspace_id)
        self.held: dict[str, Held] = {}
        self.changes = Changes(self.workspace_id, {})
        self.timed = nobody
        self.patched: dict[str, ContactSet] = {}
        self.rebuilt: set[str] = set()
        self.vectors: dict[str, Measured] = {}
        self.steps: dict[str, Step] = {}
        # What is to be asked next: contacts by leaf, None for everybody.
        self.work: dict[str, ContactSet | None] = dict.fromkeys(asked)
        self.seen: Snapshot | None = None
        self.written: dict[bytes, Contacts] = {}

    def run(self) -> Brought:
        if self.known:
            self._find_work()
        for _ in range(ROUNDS):
            if not self.work:
                break
            self._do_work()
        if self.work:
            self.work = dict.fromkeys(self.asked)
            self.seen, self.steps = None, {}
            self._do_work()
        position = Position(self.scope.as_of, self._seen_so_far())
        held = {
            name: replace(each, position=position, moments=self.asked[name].moments, unsure=None)
            for name, each in self.held.items()
        }
        return Brought(
            held,
            position,
            self.changes,
            self.timed,
            frozenset(self.rebuilt),
            self.patched,
            self.vectors,
        )

    def _seen_so_far(self) -> Snapshot:
        if self.seen is None:
            raise RuntimeError("No leaf was asked for.")
        return self.seen

    # --- What has to be asked ---------------------------------------------------------------

    def _find_work(self) -> None:
        """Time first, then the log: a row deleted in between is in the log."""
        steps = {name: step for name in self.numbers if (step := self._step(name)) is not None}
        edges_of = {
            name: None if name in steps else self.asked[name].edges_from(each.moments)
            for name, each in self.known.items()
        }
        near = EdgeContacts(self.scope.workspace)
        near.find(edge for edges in edges_of.values() for edge in edges or ())
        snapshots = [each.position.snapshot for each in self.known.values()]
        self.changes, self.seen = changes_since(self.scope.workspace, snapshots)
        for name, each in self.known.items():
            if name in steps and self._is_unwritten(name, each):
                self.steps[name] = steps[name]
                continue
            dirty = self._dirty(name, each, edges_of[name], near)
            if dirty is None:
                continue
            self.held[name] = each
            if dirty:
                self.work[name] = dirty
            else:
                del self.work[name]

    def _step(self, name: str) -> Step | None:
        """From the numbers of the last step to those now, where only few rows are exchanged."""
        known, measured = self.known.get(name), self.numbers[name]
        if known is None or known.position != measured.position:
            return None
        if abs(self.scope.as_of - known.position.as_of) > MOST_STEP:
            return None
        now = self._counted(name, self.scope)
        then = self._counted(name, self.scope.at(known.position.as_of))
        return None if now is None or then is None else step_between(then, now)

    def _counted(self, name: str, scope: Scope) -> Asked | None:
        """The rows that are counted of a leaf, or that it finds contacts by."""
        asked = asked_at(name, self.asked[name].make, scope)
        if asked.comparison is None:
            return rows_counted(asked)
        return measure_asked_at(name, asked.make, scope)

    def _is_unwritten(self, name: str, held: Held) -> bool:
        """Whether nothing was written since that concerns the leaf."""
        if self.seen is None or held.position.snapshot.first_new > self.seen.first_new:
            return False
        dirty = self.changes.since(held.position.snapshot, self.asked[name].kinds)
        return dirty is not None and not dirty

    def _dirty(
        self, name: str, held: Held, edges: frozenset[Edge] | None, near: EdgeContacts
    ) -> ContactSet | None:
        """Whom to ask again; None: everybody."""
        asked = self.asked[name]
        if self.seen is None or held.position.snapshot.first_new > self.seen.first_new:
            return None  # from another database: it was restored from a dump
        dirty = self.changes.since(held.position.snapshot, asked.kinds)
        if dirty is None or edges is None:
            return None
        timed = ContactSet.empty(self.workspace_id)
        for edge in edges:
            found = near.found[edge]
            if found is None:
                return None
            timed = timed | found
        self.timed = self.timed | timed
        dirty = dirty | timed
        if held.unsure is not None:
            dirty = dirty | held.unsure
        number = len(dirty)
        if number and (asked.is_relative or not held.is_cheaper_patched(number)):
            return None
        return dirty

    # --- Asking -----------------------------------------------------------------------------

    def _do_work(self) -> None:
        work, watch = self.work, self.seen
        asked_whole = [name for name, each in work.items() if each is None]
        parts = dict(part for name, step in self.steps.items() for part in step.parts(name))
        queries = {
            name: self._query(name, contacts)
            for name, contacts in work.items()
            if name not in self.steps
        }
        queries |= {name: part.whole for name, part in parts.items()}
        measured = parts | {
            name: numbers
            for name in asked_whole
            if name not in self.steps and (numbers := self._measured(name)) is not None
        }
        fetched = fetch(queries, self.workspace_id, watch, measured)
        for name, contacts in work.items():
            if name in self.steps:
                self._take_step(name, self.steps[name], fetched)
            else:
                self._take(name, contacts, fetched)
        self.seen = fetched.snapshot
        late = fetched.late
        self.work = {} if late is None or watch is None else self._left_over(work, late, watch)

    def _query(self, name: str, contacts: ContactSet | None) -> QuerySet[Any] | Narrowed:
        asked = self.asked[name]
        if contacts is not None:
            return asked_among(asked, self._written(contacts), self.scope)
        if asked.comparison is not None or not self._has_more_rows(asked, MANY_ROWS):
            return asked.whole
        # The same contacts, each once, which spares sending very many rows.
        return self.scope.contacts().filter(pk__in=asked.make(self.scope)).values("pk")

    def _written(self, contacts: ContactSet) -> Contacts:
        """Most leaves are asked for the same contacts."""
        known = self.written.get(key := contacts.to_bytes())
        if known is None:
            known = self.written[key] = Contacts(contacts.id_list())
        return known

    def _measured(self, name: str) -> Asked | None:
        """The numbers behind a leaf whose rows are few enough to be read one by one."""
        asked = self.asked[name]
        if asked.comparison is None and self.is_stepping and name in self.known:
            return None if self._has_more_rows(asked, MOST_ROWS) else rows_counted(asked)
        if asked.comparison is None or asked.comparison.reads_more:
            return None
        numbers = measure_asked_at(name, asked.make, self.scope)
        if numbers is None or not is_comparable(asked.comparison):
            return None
        return None if self._has_more_rows(numbers, MOST_ROWS) else numbers

    def _has_more_rows(self, asked: Asked, number: int) -> bool:
        return has_more_rows(asked, number, self.scope, many_contacts=MANY_CONTACTS)

    def _take(self, name: str, contacts: ContactSet | None, fetched: Fetched) -> None:
        answers = fetched.sets[name]
        took = fetched.microseconds.get(name, 0)
        key = self.asked[name].key
        position = Position(self.scope.as_of, fetched.snapshot)
        before = self.held.get(name) or self.known.get(name)
        if contacts is None:
            self.rebuilt.add(name)
            if name in fetched.vectors:
                self.vectors[name] = Measured(fetched.vectors[name], position, took)
            # Measured while nothing was in memory it would never be tried again.
            patch_us = before.patch_us / 4 if before else 0.0
            self.held[name] = Held(key, answers, position, (), took, patch_us)
            return
        held = self.held[name]
        so_far = self.patched.get(name)
        self.patched[name] = contacts if so_far is None else so_far | contacts
        each = max(0.0, took - PATCH_OVERHEAD) / max(1, len(contacts))
        self.held[name] = replace(
            held,
            members=held.members.with_answers(contacts, answers),
            patch_us=(held.patch_us + each) / 2 if held.patch_us else each,
        )

    def _take_step(self, name: str, step: Step, fetched: Fetched) -> None:
        held, asked = self.known[name], self.asked[name]
        vector = step.taken(name, self.numbers[name].vector, fetched.vectors)
        position = Position(self.scope.as_of, fetched.snapshot)
        members = vector.matching(asked.comparison or ANY_ROW, self.workspace_id)
        self.rebuilt.add(name)
        self.vectors[name] = Measured(vector, position, held.build_us)
        self.held[name] = replace(held, members=members, position=position)

    def _left_over(
        self, work: Mapping[str, ContactSet | None], late: Changes, watch: Snapshot
    ) -> dict[str, ContactSet | None]:
        """What the statement showed that it wasn't asked about."""
        left: dict[str, ContactSet | None] = {}
        for name, asked in self.asked.items():
            just_asked = work.get(name, ContactSet.empty(self.workspace_id))
            if just_asked is None and name not in self.steps:
                continue
            dirty = late.since(watch, asked.kinds)
            if dirty is None or (dirty and asked.is_relative) or len(dirty) > MOST_CHANGES:
                left[name] = None
            elif just_asked is None:  # of a step's rows only those in reach of time were read
                if dirty:
                    left[name] = None
            elif rest := dirty - just_asked:
                left[name] = rest
        self.changes = self.changes.with_later(late)
        self.steps = {}
        return left
