"""A second opinion: criteria evaluated in plain Python from the raw rows.

Written from the semantics, not from the criteria's code; it knows neither the ORM nor the apps.
Slow and simple, so that where it differs from the product the reader can tell who is right.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.laws.oracle import buying, doing, everybody, people, shopping
from tests.laws.oracle.asking import ANSWERS, ANSWERS_FOR_ALL, Asked
from tests.laws.oracle.facts import Facts, holds
from tests.laws.oracle.times import Place

__all__ = ["Oracle", "buying", "doing", "everybody", "people", "shopping"]


class Oracle:
    """Answers trees about one workspace."""

    def __init__(self, workspace_id: int) -> None:
        self.facts = Facts(workspace_id)
        self._asked: dict[tuple[int, datetime], Asked] = {}
        self._sets: dict[tuple[str, datetime], frozenset[int]] = {}

    def place(self, as_of: datetime) -> Place:
        return Place(as_of, self.facts.zone, self.facts.week_start)

    def ask(self, contact_id: int, as_of: datetime) -> Asked:
        key = contact_id, as_of
        if key not in self._asked:
            self._asked[key] = Asked(self.facts, contact_id, as_of)
        return self._asked[key]

    def universe(self, as_of: datetime) -> set[int]:
        """Live contacts first known before the instant."""
        return {row.id for row in self.facts.contacts.values() if row.known_since < as_of}

    def matching(self, where: dict[str, Any], as_of: datetime) -> set[int]:
        """The contacts a tree matches; disabled rows don't count."""
        if "all" in where:
            sets = [self.matching(each, as_of) for each in live(where["all"])]
            return set.intersection(*sets)
        if "any" in where:
            return set.union(*(self.matching(each, as_of) for each in live(where["any"])))
        if "not" in where:
            return self.universe(as_of) - self.matching(where["not"], as_of)
        name = json.dumps(where, sort_keys=True), as_of
        if name not in self._sets:
            answer = self._leaf if "type" in where else self._segment
            self._sets[name] = frozenset(answer(where, as_of))
        return set(self._sets[name])

    def _segment(self, node: dict[str, Any], as_of: datetime) -> set[int]:
        """Pinned out wins over pinned in wins over the tree (semantics 13)."""
        segment_id = node["segment"]
        definition = self.facts.segments[segment_id].definition
        where = json.loads(definition) if isinstance(definition, str) else definition
        pinned: dict[str, set[int]] = {"in": set(), "out": set()}
        for pin in self.facts.pins:
            if pin.segment_id == segment_id and holds(pin, as_of):
                pinned[pin.direction].add(pin.contact_id)
        inside = self.matching(where["where"], as_of)
        return ((inside | pinned["in"]) - pinned["out"]) & self.universe(as_of)

    def _leaf(self, leaf: dict[str, Any], as_of: datetime) -> set[int]:
        everybody = self.universe(as_of)
        if leaf["type"] in ANSWERS_FOR_ALL:
            return ANSWERS_FOR_ALL[leaf["type"]](self, leaf, as_of) & everybody
        answer = ANSWERS[leaf["type"]]
        return {each for each in everybody if answer(self.ask(each, as_of), leaf)}


def live(children: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [child for child in children if not child.get("disabled")]
