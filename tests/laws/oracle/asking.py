"""One question about one contact at one instant, and where the answers are registered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from tests.laws.oracle.compare import fold
from tests.laws.oracle.facts import Facts, Row, holds
from tests.laws.oracle.times import Place, Span, inside, span_of

Answer = Callable[["Asked", dict[str, Any]], bool]
ANSWERS: dict[str, Answer] = {}
# Answers about everybody at once: ranks, and segments over time.
ANSWERS_FOR_ALL: dict[str, Callable[[Any, dict[str, Any], datetime], set[int]]] = {}
COUNTED = ("paid", "fulfilled")
ZONES = {fold(name): name for name in available_timezones()}


def answers(key: str) -> Callable[[Answer], Answer]:
    """Register the answer to a criterion."""

    def register(answer: Answer) -> Answer:
        ANSWERS[key] = answer
        return answer

    return register


class Asked:
    """A contact at an instant: what was known of it and what had happened by then."""

    def __init__(self, facts: Facts, contact_id: int, as_of: datetime) -> None:
        self.facts = facts
        self.contact_id = contact_id
        self.contact = facts.contacts[contact_id]
        self.as_of = as_of
        self.place = Place(as_of, facts.zone, facts.week_start)
        self._happened: dict[str, list[Row]] = {}

    @cached_property
    def own_place(self) -> Place:
        """Where the contact is; the workspace's place if that isn't known."""
        for value in self.values_now("time_zone"):
            name = ZONES.get(fold(value.text))
            if name is not None:
                return Place(self.as_of, ZoneInfo(name), self.facts.week_start)
        return self.place

    def place_of(self, window: Any) -> Place:
        is_own = isinstance(window, dict) and window.get("zone") == "contact"
        return self.own_place if is_own else self.place

    # --- What was known ----------------------------------------------------------------------

    def values(self, key: str) -> list[Row]:
        """Every value of an attribute that had begun."""
        found = self.facts.attributes.get(self.contact_id, {}).get(key, [])
        return [row for row in found if row.valid_from <= self.as_of]

    def values_now(self, key: str) -> list[Row]:
        return [row for row in self.values(key) if holds(row, self.as_of)]

    def rows(self, table: str) -> list[Row]:
        return self.facts.of[table].get(self.contact_id, [])

    def begun(self, table: str) -> list[Row]:
        return [row for row in self.rows(table) if row.valid_from <= self.as_of]

    # --- What had happened -------------------------------------------------------------------

    def happened(self, table: str) -> list[Row]:
        """Facts before the instant, oldest first."""
        if table not in self._happened:
            found = [row for row in self.rows(table) if row.occurred_at < self.as_of]
            self._happened[table] = sorted(found, key=lambda row: row.occurred_at)
        return self._happened[table]

    def stood(self, kind: str) -> list[Row]:
        """Transactions as they stood at the instant, oldest first."""
        return [
            row
            for row in self.happened("transactions")
            if row.kind == kind
            and row.version_from <= self.as_of
            and (row.superseded_at is None or self.as_of < row.superseded_at)
        ]

    def purchases(self, leaf: dict[str, Any]) -> list[Row]:
        """Counted purchases, or those of the statuses a leaf names."""
        statuses = leaf.get("statuses") or COUNTED
        return [row for row in self.stood("purchase") if row.status in statuses]

    # --- Windows -----------------------------------------------------------------------------

    def in_window(self, instant: datetime, window: Any) -> bool:
        if window == "ever" or window is None:
            return True
        if "since" in window:
            kind = window["since"]["activity"]
            latest = [a.occurred_at for a in self.happened("activities") if a.kind == kind]
            return bool(latest) and instant > latest[-1]
        return inside(instant, self.span(window))

    def span(self, window: Any) -> Span:
        return span_of(window, self.place_of(window))

    def within(self, found: list[Row], window: Any, column: str = "occurred_at") -> list[Row]:
        return [row for row in found if self.in_window(getattr(row, column), window)]
