"""Why contacts entered or left: the cause journeys ask for, and the reason people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from contacts.models import ChangeKind, ChangeOrigin
from segments.engine.pool import LeafPool
from segments.engine.sets import ContactSet
from segments.live.following import Definition
from segments.live.news import DETAIL_KINDS, FACT_KINDS, News, is_in
from segments.models import MembershipCause

Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Because:
    """Contacts (by number) whose membership changed for the same reason."""

    numbers: Numbers
    cause: MembershipCause
    reason: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Flips:
    """Whose answer changed, leaf by leaf, and whose pins."""

    leaves: Mapping[str, ContactSet]
    pins: ContactSet


class Causes:
    """Tells causes from what was written since the last pulse, and from what was not."""

    def __init__(self, news: News, pool: LeafPool, changed: ContactSet) -> None:
        """`changed`: everybody whose membership of anything changed."""
        self.news = news
        self.pool = pool
        self.changed = changed
        self.gone = news.gone(changed)
        self._late: dict[ChangeKind, ContactSet] = {}

    def of(self, definition: Definition, contacts: ContactSet, flips: Flips) -> list[Because]:
        """These contacts by cause and reason; together they are all of them."""
        numbers = contacts.numbers()
        apart = np.array([number in self.gone for number in numbers.tolist()], dtype=np.bool_)
        found = [self._of_gone(number) for number in numbers[apart].tolist()]
        numbers = numbers[~apart]
        if not numbers.size:
            return found
        features = self._features(definition, contacts, flips)
        for true, group in _grouped(numbers, features):
            found.append(Because(group, *self._decide(definition, true)))
        return found

    def _of_gone(self, number: int) -> Because:
        into = self.gone[number]
        if into is None:
            return Because(np.array([number]), MembershipCause.ERASURE, {})
        return Because(np.array([number]), MembershipCause.MERGE, {"merged_into": into})

    def _features(
        self, definition: Definition, contacts: ContactSet, flips: Flips
    ) -> dict[tuple[str, Any], ContactSet]:
        """Everything a cause may depend on, as sets. Those that say nothing are left out."""
        features: dict[tuple[str, Any], ContactSet] = {("pinned", None): flips.pins}
        for name in definition.names:
            if name not in flips.leaves or not flips.leaves[name] & contacts:
                continue
            features["leaf", name] = flips.leaves[name]
            for path in definition.paths.get(name, ()):
                row = definition.rows[path]
                features["holds", path] = self.pool.members_among(row, contacts)
        for kind in self.news.kinds:
            features["direct", kind] = self.news.of(kind, ChangeOrigin.DIRECT)
            features["import", kind] = self.news.of(kind, ChangeOrigin.IMPORT)
            if kind in FACT_KINDS:
                features["late", kind] = self._late_facts(kind)
        return {name: each for name, each in features.items() if each & contacts}

    def _late_facts(self, kind: ChangeKind) -> ContactSet:
        if kind not in self._late:
            self._late[kind] = self.news.late(kind, self.changed)
        return self._late[kind]

    def _decide(
        self, definition: Definition, true: frozenset[tuple[str, Any]]
    ) -> tuple[MembershipCause, dict[str, Any]]:
        leaves = [value for what, value in true if what == "leaf"]
        written = {value for what, value in true if what in ("direct", "import")}
        relevant = self._relevant(leaves, written)
        cause = self._cause(true, leaves, written, relevant)
        reason: dict[str, Any] = {}
        if paths := sorted({path for name in leaves for path in definition.paths.get(name, ())}):
            reason["leaves"] = [{"path": path, "holds": ("holds", path) in true} for path in paths]
        if relevant:
            reason["kinds"] = sorted(kind.name.lower() for kind in relevant)
        return cause, reason

    def _relevant(self, leaves: list[str], written: set[ChangeKind]) -> set[ChangeKind]:
        """Kinds written of the contact that a flipped leaf asks about; none known: all."""
        if not leaves:
            return written
        found: set[ChangeKind] = set()
        for name in leaves:
            kinds = self.pool.asked[name].kinds
            found |= written if kinds is None else {kind for kind in written if kind in kinds}
        return found

    def _cause(
        self,
        true: frozenset[tuple[str, Any]],
        leaves: list[str],
        written: set[ChangeKind],
        relevant: set[ChangeKind],
    ) -> MembershipCause:
        if ("pinned", None) in true:
            return MembershipCause.PIN
        if ChangeKind.MERGE in written:
            return MembershipCause.MERGE
        if relevant:
            return _cause_of_written(true, relevant)
        if self.news.of_everybody:
            return MembershipCause.DEFINITION  # what a name stands for has changed
        if self.news and any(self.pool.asked[name].is_relative for name in leaves):
            return MembershipCause.FACT  # somebody else's: ranks have moved
        return MembershipCause.EXPIRY


def _cause_of_written(
    true: frozenset[tuple[str, Any]], relevant: set[ChangeKind]
) -> MembershipCause:
    if not any(("direct", kind) in true for kind in relevant):
        return MembershipCause.IMPORT
    if facts := relevant & FACT_KINDS:
        is_late = all(("late", kind) in true for kind in facts)
        return MembershipCause.LATE_FACT if is_late else MembershipCause.FACT
    if relevant & DETAIL_KINDS:
        return MembershipCause.ATTRIBUTE
    return MembershipCause.PIN if ChangeKind.PIN in relevant else MembershipCause.DEFINITION


def _grouped(
    numbers: Numbers, features: Mapping[tuple[str, Any], ContactSet]
) -> list[tuple[frozenset[tuple[str, Any]], Numbers]]:
    """Numbers that are in the same sets, with those sets."""
    if not features:
        return [(frozenset(), numbers)]
    names = list(features)
    columns = np.stack([is_in(features[name], numbers) for name in names], axis=1)
    patterns, which = np.unique(columns, axis=0, return_inverse=True)
    return [
        (
            frozenset(name for name, is_true in zip(names, pattern, strict=True) if is_true),
            numbers[which.reshape(-1) == index],
        )
        for index, pattern in enumerate(patterns)
    ]
