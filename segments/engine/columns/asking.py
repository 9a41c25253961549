"""Which leaves kept tables can answer, and what they ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from segments.criteria.measures import Combining, Comparison
from segments.criteria.scope import Scope
from segments.engine.columns.blocks import WORKSPACE
from segments.engine.columns.expressions import ColumnOf
from segments.engine.columns.reading import Rows, rows_of
from segments.engine.columns.tables import CONTACT, TABLES
from segments.engine.expecting import has_more_contacts
from segments.engine.questions import Asked, LeafMake
from segments.engine.templates import measure_asked_at
from segments.engine.vectors import is_comparable


@dataclass(frozen=True)
class Question:
    """A leaf as rows of tables; with a comparison their numbers are combined by contact."""

    asked: Asked
    rows: tuple[Rows, ...]
    make: LeafMake
    numbers: Asked | None = None  # what is compared, of a leaf with a comparison

    @property
    def params(self) -> tuple[Any, ...]:
        return self.asked.params if self.numbers is None else self.numbers.params

    @property
    def comparison(self) -> Comparison | None:
        return None if self.numbers is None else self.asked.comparison

    @property
    def tables(self) -> frozenset[str]:
        return frozenset((each.among or each).table for each in self.rows)


def answerable(
    asked: Mapping[str, Asked], makes: Mapping[str, LeafMake], scope: Scope
) -> frozenset[str]:
    """Those of the leaves that tables could answer if they are kept."""
    return frozenset(questions_of(asked, makes, scope))


def questions_of(
    asked: Mapping[str, Asked], makes: Mapping[str, LeafMake], scope: Scope
) -> dict[str, Question]:
    """Those leaves as questions to tables; none in workspaces with few contacts."""
    if not asked or not has_more_contacts(scope, settings.KEPT_TABLES_FROM_CONTACTS):
        return {}
    return {
        name: question
        for name, each in asked.items()
        if (question := _question(each, makes[name], scope)) is not None
    }


def _question(asked: Asked, make: LeafMake, scope: Scope) -> Question | None:
    rows = _answerable(asked)
    if rows is not None:
        return Question(asked, rows, make)
    comparison = asked.comparison
    if comparison is None or comparison.combining == Combining.EACH:
        return None
    if not is_comparable(comparison):
        return None
    numbers = measure_asked_at(asked.name, make, scope)
    rows = None if numbers is None else _answerable(numbers)
    if rows is None or numbers is None:
        return None
    return Question(asked, rows, make, numbers)


def _answerable(asked: Asked) -> tuple[Rows, ...] | None:
    """Its rows, if they are of kept tables."""
    rows = None if asked.sql is None or asked.is_relative else rows_of(asked.sql)
    if rows is None:
        return None
    for each in rows:
        of = each.among or each
        if of.table not in TABLES or of.chosen[:1] != (ColumnOf(CONTACT),):
            return None
        known = {*TABLES[of.table].columns, WORKSPACE}
        if not known.issuperset(n for part in (*of.conditions, *of.chosen) for n in part.columns()):
            return None
    return rows
