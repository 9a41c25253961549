"""Reads what rows rest on: of all of them by one SQL statement, however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet, Value

from segments.criteria.base import Criterion
from segments.criteria.evidence import Measured, instant_column, rows_behind
from segments.criteria.scope import Scope

SHOWN = 3  # facts told of one row
LOOKED_AT = 60  # facts within whose reach a window's edge is looked for

Source = tuple[type[Model], int]  # a fact: its table and id


@dataclass(frozen=True)
class Moment:
    """A fact of the kind asked about: when it happened and what it adds to the number."""

    at: datetime
    weight: Decimal


@dataclass
class Asked:
    """What was found of one row: the newest facts, how many there are, and the number."""

    criterion: Criterion
    measured: Measured | None = None
    tables: list[type[Model]] = field(default_factory=list)
    facts: list[tuple[datetime, Source]] = field(default_factory=list)
    total: int = 0
    nearby: list[tuple[datetime, Source]] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    has_all_moments: bool = True
    number: Decimal | None = None

    def newest(self) -> list[Source]:
        """The facts to tell of, the deciding ones first."""
        return _first(self.facts, self.criterion)

    def others(self) -> list[Source]:
        """Facts of the kind that are not among those the row rests on."""
        known = {source for _at, source in self.facts}
        return _first([each for each in self.nearby if each[1] not in known], self.criterion)


def _first(facts: list[tuple[datetime, Source]], criterion: Criterion) -> list[Source]:
    ordered = sorted(
        facts, key=lambda each: (each[0], each[1][1]), reverse=not criterion.rests_on_oldest
    )
    return [source for _at, source in ordered[:SHOWN]]


def ask(criteria: Mapping[str, Criterion], scope: Scope) -> dict[str, Asked]:
    """What each row rests on; `scope` is of one contact. One or two SQL statements."""
    asked = {
        key: Asked(criterion, measured=criterion.measured(scope))
        for key, criterion in criteria.items()
    }
    first = _Statement(scope)
    for each in asked.values():
        _ask_facts(first, each, scope)
    first.run()
    # Only where there is nothing yet: what is known of the kind at all.
    second = _Statement(scope)
    for each in asked.values():
        if not each.facts and not each.nearby:
            present = each.criterion.present(scope)
            if present is not None:
                for rows in rows_behind(present):
                    second.rows(rows, each.nearby.append, limit=SHOWN, criterion=each.criterion)
    second.run()
    for each in asked.values():
        if each.measured is not None and each.measured.found is None:
            each.number = Decimal(each.total)
        elif each.measured is not None and each.number is None:
            nothing = each.measured.of_nothing
            each.number = None if nothing is None else Decimal(nothing)
    return asked


def _ask_facts(statement: _Statement, each: Asked, scope: Scope) -> None:
    criterion, measured = each.criterion, each.measured
    for rows in criterion.evidence(scope):
        each.tables.append(rows.model)
        statement.rows(
            rows, each.facts.append, limit=SHOWN, criterion=criterion, total=_adder(each)
        )
    unbounded = criterion.at_any_time()
    if unbounded is not None:
        for rows in unbounded.evidence(scope):
            statement.rows(rows, each.nearby.append, limit=2 * SHOWN, criterion=criterion)
    if criterion.edges():
        weight = None if measured is None else measured.weight
        for rows in (unbounded or criterion).evidence(scope):
            statement.moments(rows, each, criterion.edge_column(scope), weight)
    if measured is not None and measured.found is not None:
        statement.number(measured.found, each)


def _adder(each: Asked) -> Any:
    def add(total: int) -> None:
        each.total += total

    return add


class _Statement:
    """Parts of one UNION ALL, each with what is done with its rows.

    Columns: part, id, instant, number, other number, how many rows there are in all.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.parts: list[str] = []
        self.params: list[Any] = []
        self.takers: list[Any] = []

    def rows(
        self,
        rows: QuerySet[Any],
        take: Any,
        *,
        limit: int,
        criterion: Criterion,
        total: Any = None,
    ) -> None:
        """The newest rows (or the oldest, where those decide) and how many there are."""
        model, number = rows.model, len(self.takers)
        seen: list[int] = []

        def taker(row: Sequence[Any]) -> None:
            if not seen and total is not None:
                total(row[5])
            seen.append(row[1])
            take((row[2], (model, row[1])))

        direction = "ASC" if criterion.rests_on_oldest else "DESC"
        self._add(
            rows.values_list("pk", instant_column(model)),
            f"SELECT {number}, r.id, r.at, NULL::numeric, NULL::numeric, count(*) OVER ()"  # noqa: S608
            " FROM ({sql}) AS r (id, at)"
            f" ORDER BY r.at {direction}, r.id {direction} LIMIT {int(limit)}",
            taker,
        )

    def moments(self, rows: QuerySet[Any], each: Asked, column: str, weight: Any) -> None:
        """When rows happened, or the dates they hold, and what each adds to the number."""
        number = len(self.takers)
        asked = rows.values_list(
            "pk", column or instant_column(rows.model), Value(1) if weight is None else weight
        )

        def taker(row: Sequence[Any]) -> None:
            each.has_all_moments = each.has_all_moments and row[5] <= LOOKED_AT
            if row[2] is not None:
                each.moments.append(Moment(row[2], row[3] or Decimal(0)))

        self._add(
            asked,
            f"SELECT {number}, r.id, r.at::timestamptz, r.weight::numeric, NULL::numeric,"  # noqa: S608
            " count(*) OVER () FROM ({sql}) AS r (id, at, weight)"
            f" ORDER BY r.at DESC LIMIT {LOOKED_AT}",
            taker,
        )

    def number(self, found: QuerySet[Any], each: Asked) -> None:
        """The contact's number, and the one it is compared with where that is its own too."""
        number = len(self.takers)
        has_own = "against" in found.query.annotation_select

        def taker(row: Sequence[Any]) -> None:
            each.number = row[3]
            if has_own and each.measured is not None:
                each.measured = each.measured.against(row[4] or Decimal(0))

        columns = "contact_id, measure, against" if has_own else "contact_id, measure"
        against = "r.against::numeric" if has_own else "NULL::numeric"
        [contact_id] = self.scope.contact_ids or [0]
        self._add(
            found,
            f"SELECT {number}, NULL::bigint, NULL::timestamptz, r.measure::numeric, {against},"  # noqa: S608
            f" NULL::bigint FROM ({{sql}}) AS r ({columns})"
            f" WHERE r.contact_id = {int(contact_id)} LIMIT 1",
            taker,
        )

    def _add(self, queryset: QuerySet[Any], template: str, taker: Any) -> None:
        try:
            sql, params = queryset.query.sql_with_params()
        except EmptyResultSet:
            return
        # The text comes from the ORM's compiler; all else are our own names and integers.
        before, after = template.split("{sql}")
        self.parts.append(f"({before}{sql}{after})")
        self.params.extend(params)
        self.takers.append(taker)

    def run(self) -> None:
        if not self.parts:
            return
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(self.parts), self.params)
            for row in cursor.fetchall():
                self.takers[row[0]](row)
