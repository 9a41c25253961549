"""Leaf sets of one workspace kept in memory and brought further step by step, for live segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from django.conf import settings

from contacts.models import ChangeKind
from segments.criteria.scope import Scope
from segments.criteria.tree import Tree
from segments.engine import storing
from segments.engine.algebra import UNIVERSE, combine
from segments.engine.bringing import Brought, Held, bring
from segments.engine.columns.answering import starts_from_columns
from segments.engine.evaluation import leaves_of
from segments.engine.leaves import fetch
from segments.engine.positions import Changes, Position, changes_since
from segments.engine.questions import Asked, Contacts, LeafMake
from segments.engine.sets import ContactSet
from segments.engine.shared import load_kept, note_quick
from segments.engine.templates import asked_all, asked_among, asked_at
from segments.engine.vectors import Measured
from workspaces.models import Workspace


@dataclass(frozen=True)
class Step:
    """What bringing the pool further has looked at and found."""

    position: Position
    changed: Mapping[int, frozenset[ChangeKind]]  # by contact number: kinds of facts written
    timed: ContactSet  # looked at because of time alone
    flipped: Mapping[str, ContactSet]  # by leaf: whose answer changed
    everybody: bool  # a leaf had to be asked of everybody

    @property
    def touched(self) -> ContactSet:
        """Everybody whose membership of anything may have changed."""
        workspace_id = self.timed.workspace_id
        numbers = np.fromiter(self.changed, dtype=np.int32, count=len(self.changed))
        touched = ContactSet.from_numbers(workspace_id, numbers) | self.timed
        for contacts in self.flipped.values():
            touched = touched | contacts
        return touched


@dataclass
class LeafPool:
    """All leaf sets some trees need, at one position."""

    workspace: Workspace
    held: dict[str, Held] = field(default_factory=dict)
    makes: dict[str, LeafMake] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    position: Position | None = None
    # The numbers behind the sets, of a pool that goes on in time step by step; else None.
    numbers: dict[str, Measured] | None = None

    @property
    def universe(self) -> ContactSet:
        return self.held[UNIVERSE].members

    def hold(self, trees: Iterable[Tree], scope: Scope) -> Step:
        """Take what these trees need, from the store where it is there; forget what none needs."""
        self.makes = leaves_of(*trees, with_absence=False)
        self.held = {name: each for name, each in self.held.items() if name in self.makes}
        self.asked = asked_all(self.makes, scope)
        missing = {name: a.key for name, a in self.asked.items() if name not in self.held}
        stored = load_kept(scope, missing)
        unknown = {n: self.asked[n] for n in missing if n not in stored}
        starts = starts_from_columns(unknown, self.makes, scope).held
        before = dict(self.held)
        brought = bring(self.asked, {**stored, **starts, **before}, scope)
        note_quick(scope, brought)
        return self._take(brought, before)

    def advance(self, scope: Scope, *, is_timed: bool = True) -> Step:
        """Bring everything to the scope's instant and to what the database shows now.

        Not `is_timed`: only contacts the log names are asked again, for that instant; what time
        alone has changed is left to a later step, which still finds all of it.
        """
        if not is_timed:
            return self._advance_changed(scope)
        self.asked = asked_all(self.makes, scope)
        before = dict(self.held)
        return self._take(bring(self.asked, before, scope, self.numbers), before)

    def refresh(self, names: Iterable[str], contacts: ContactSet, scope: Scope) -> None:
        """Ask these leaves again for these contacts, whatever the log says of them."""
        ids = Contacts(contacts.id_list())
        asked = asked_all({name: self.makes[name] for name in names}, scope)
        queries = {name: asked_among(each, ids, scope) for name, each in asked.items()}
        for name, answers in fetch(queries, self.workspace.pk).sets.items():
            members = self.held[name].members.with_answers(contacts, answers)
            self.held[name] = replace(self.held[name], members=members)

    def names_of(self, tree: Tree) -> list[str]:
        """The leaves a tree is made of, with the universe."""
        return list(leaves_of(tree, with_absence=False))

    def members(self, tree: Tree) -> ContactSet:
        """Who matches the tree, by the sets as they are; without pins of the segment itself."""
        return combine(tree, {name: each.members for name, each in self.held.items()})

    def members_among(self, tree: Tree, contacts: ContactSet) -> ContactSet:
        """The same of these contacts only."""
        sets = {name: self.held[name].members & contacts for name in self.names_of(tree)}
        return combine(tree, sets)

    def keep(self) -> None:
        """Put the sets into the store, for other processes and for the next start."""
        by_position: dict[Position, dict[str, Held]] = {}
        for name, each in self.held.items():
            if each.build_us >= settings.LEAF_SET_MIN_MICROSECONDS:
                by_position.setdefault(each.position, {})[name] = each
        for held in by_position.values():
            storing.save(self.workspace, held)

    def _advance_changed(self, scope: Scope) -> Step:
        snapshots = {each.position.snapshot for each in self.held.values()}
        changes, seen = changes_since(self.workspace, snapshots)
        before = dict(self.held)
        asked, known = {}, {}
        for name, each in before.items():
            dirty = changes.since(each.position.snapshot, self.asked[name].kinds)
            if dirty is not None and not dirty:
                # Nothing that concerns it, so it is true for what has been seen now, too.
                self.held[name] = replace(each, position=Position(each.position.as_of, seen))
                continue
            asked[name] = self.asked[name] = asked_at(name, self.makes[name], scope)
            known[name] = replace(each, moments=asked[name].moments)  # no edges of time for now
        if not asked:
            return self._step(changes, {}, Position(scope.as_of, seen))
        brought = bring(asked, known, scope)
        for name, each in brought.held.items():
            # For all but those asked again, time since then is still to come.
            is_whole = name in brought.rebuilt
            moments = each.moments if is_whole else before[name].moments
            self.held[name] = replace(each, moments=moments)
        step = self._step(
            changes.with_later(brought.changes), self._flipped(brought, before), brought.position
        )
        return replace(step, everybody=bool(brought.rebuilt))

    def _take(self, brought: Brought, before: Mapping[str, Held]) -> Step:
        self.held = dict(brought.held)
        if self.numbers is not None:
            self.numbers = dict(brought.vectors)
        flipped = self._flipped(brought, before)
        step = self._step(brought.changes, flipped, brought.position)
        return replace(step, timed=brought.timed, everybody=bool(brought.rebuilt))

    def _step(
        self, changes: Changes, flipped: Mapping[str, ContactSet], position: Position
    ) -> Step:
        self.position = position
        nobody = ContactSet.empty(self.workspace.pk)
        return Step(position, kinds_by_contact(changes), nobody, flipped, everybody=False)

    @staticmethod
    def _flipped(brought: Brought, before: Mapping[str, Held]) -> dict[str, ContactSet]:
        found = {}
        for name in {*brought.patched, *brought.rebuilt} & set(before):
            now, then = brought.held[name].members, before[name].members
            if flipped := now ^ then:
                found[name] = flipped
        return found


def kinds_by_contact(changes: Changes) -> dict[int, frozenset[ChangeKind]]:
    """Which kinds of facts were written of each contact (by number)."""
    found: dict[int, set[ChangeKind]] = {}
    for (_, kind), numbers in changes.contacts.items():
        for number in numbers.tolist():
            found.setdefault(number, set()).add(ChangeKind(kind))
    return {number: frozenset(kinds) for number, kinds in found.items()}
