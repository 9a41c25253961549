"""What a leaf asks of the database, read from its own SQL.

A leaf is one queryset. Its compiled text and parameters say everything the store of leaf sets has
to know: which question it is, which kinds of facts can change its answer, and which contacts can
flip between two instants by time alone. So no criterion has to say any of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache, partial
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import QuerySet

from contacts.models import ChangeKind, Contact
from segments.criteria.measures import Comparison, Measure, measure_of
from segments.criteria.scope import Scope
from workspaces.tenancy import WorkspaceModel

Make = Callable[[Scope], QuerySet[Any]]


@dataclass(frozen=True)
class LeafMake:
    """A leaf's queryset at any scope, and what of the workspace it names.

    `references`: (kind, key) of each; None where it depends on more than those, the instant and
    the workspace's settings. `shared_as`: what stands in keys for the leaf's name, so that leaves
    of other names that ask the same in SQL are one. `compared`: what the queryset compares, where
    that can be told without it.
    """

    make: Make
    references: tuple[tuple[str, str], ...] | None = None
    shared_as: str = ""
    compared: Callable[[Scope], Measure | None] | None = None

    def __call__(self, scope: Scope) -> QuerySet[Any]:
        return self.make(scope)

    def compares(self, scope: Scope) -> Measure | None:
        """What the queryset compares; None where it doesn't compare numbers."""
        return measure_of(self(scope)) if self.compared is None else self.compared(scope)


# What is written to a table shows in the change log under these kinds.
_KINDS: dict[str, tuple[ChangeKind, ...]] = {
    "contacts_contact": (ChangeKind.CONTACT, ChangeKind.MERGE),
    "contacts_attributevalue": (ChangeKind.ATTRIBUTE,),
    "contacts_contacttag": (ChangeKind.TAG,),
    "contacts_contactcategory": (ChangeKind.TAG,),
    "contacts_consent": (ChangeKind.CONSENT,),
    "contacts_suppression": (ChangeKind.CONSENT,),
    "contacts_listentry": (ChangeKind.LIST,),
    "tracking_visit": (ChangeKind.VISIT,),
    "tracking_pageview": (ChangeKind.VISIT,),
    "tracking_activity": (ChangeKind.ACTIVITY,),
    "tracking_activityvalue": (ChangeKind.ACTIVITY,),
    "tracking_marketingaction": (ChangeKind.ACTIVITY,),
    "tracking_message": (ChangeKind.MESSAGE,),
    "tracking_messageevent": (ChangeKind.MESSAGE,),
    "transactions_transaction": (ChangeKind.TRANSACTION,),
    "transactions_lineitem": (ChangeKind.TRANSACTION,),
    "transactions_lineproperty": (ChangeKind.TRANSACTION,),
    "transactions_contactstatistics": (ChangeKind.TRANSACTION,),
    "segments_segmentpin": (ChangeKind.PIN,),
    "tracking_activitykind": (ChangeKind.VOCABULARY,),
    "transactions_product": (ChangeKind.VOCABULARY,),
    "transactions_productaccessory": (ChangeKind.VOCABULARY,),
}

# Where the same instants stand in a smaller table with an index on them.
_SAME_INSTANTS = {
    ("transactions_lineitem", "version_from"): "transactions_transaction",
    ("transactions_lineitem", "superseded_at"): "transactions_transaction",
}

FAR = timedelta(days=1000)

_TABLE = re.compile(r'"((?:workspaces|contacts|tracking|transactions|segments)_[a-z]+)"')
_DECLARED = re.compile(r'"([a-z]+_[a-z]+)" "?([A-Z]+[0-9]*|T[0-9]+)"?[ )]')
# A column compared with a parameter; MIN and MAX of a column are one of its values.
_COMPARED = re.compile(
    r'(?:"?([A-Za-z_0-9]+)"?\."([a-z_0-9]+)"'
    r'|(?:MIN|MAX)\("?([A-Za-z_0-9]+)"?\."([a-z_0-9]+)"\)) (?:<|<=|>|>=|=) (?:\(?)$'
)
# Numbering or ranking rows of more than one contact: anybody's fact can change anybody's answer.
_OVER_EVERYBODY = re.compile(r'OVER \((?!PARTITION BY "?[A-Za-z_0-9]+"?\."contact_id")')


@dataclass(frozen=True)
class Edge:
    """Contacts owning a row of the table whose instant lies in `[first, last]` may flip by time.

    Of a table whose rows are nobody's (an archived product), one such row concerns everybody.
    """

    table: str
    column: str
    first: Any
    last: Any


@dataclass(frozen=True, eq=False)
class Contacts:
    """Contacts that leaves are asked for, written down once for all of those."""

    ids: Sequence[int]

    @cached_property
    def literal(self) -> str:
        """As PostgreSQL reads an array."""
        return f"{{{','.join(map(str, self.ids))}}}"


@dataclass(frozen=True)
class Narrowed:
    """A compiled leaf, perhaps for some contacts only; `sql` is None where nobody can match."""

    sql: str | None
    params: tuple[Any, ...]


@dataclass(frozen=True)
class Asked:
    """One leaf compiled at one instant; `sql` is None where nobody can match.

    `comparison`: of a leaf that compares measured numbers (`ask_measure` asks for those).
    """

    name: str
    make: LeafMake
    sql: str | None
    params: tuple[Any, ...]
    comparison: Comparison | None = None

    @property
    def whole(self) -> Narrowed:
        """The same for everybody, as it is compiled."""
        return Narrowed(self.sql, self.params)

    @property
    def moments(self) -> tuple[Any, ...]:
        """The instants and days among the parameters, in order: what time can move."""
        return tuple(each for each in self.params if isinstance(each, date))

    @cached_property
    def key(self) -> str:
        """The same for the same question at any instant. Names are resolved in it, so that a
        tag that now means other ids is another question."""
        fixed = [each for each in self.params if not isinstance(each, date)]
        text = "\x1f".join((self.make.shared_as or self.name, self.sql or "", repr(fixed)))
        return hashlib.sha256(text.encode()).hexdigest()

    def again(self, make: LeafMake, params: tuple[Any, ...]) -> Asked:
        """The same question at another instant, of a leaf of the same name: its key is the same."""
        found = replace(self, make=make, params=params)
        found.__dict__["key"] = self.key  # as if it had been worked out
        return found

    @property
    def tables(self) -> frozenset[str]:
        return _tables_in(self.sql or "")

    @property
    def kinds(self) -> frozenset[int] | None:
        """Kinds of the change log that concern it; None: not known, so any does."""
        found: set[int] = {int(ChangeKind.MERGE)}
        for table in self.tables:
            if table not in _KINDS:
                return None
            found.update(int(kind) for kind in _KINDS[table])
        return frozenset(found)

    @property
    def is_relative(self) -> bool:
        """Whether one contact's facts can change another's answer (ranks)."""
        return _ranks_everybody(self.sql or "")

    def among(self, contacts: Contacts) -> Narrowed | None:
        """The same for some contacts, where a condition around it costs no more than one inside."""
        if self.sql is None or not is_one_select(self.sql):
            return None
        # Our own text around the compiler's; the ids are one parameter.
        sql = f"SELECT asked.id FROM ({self.sql}) AS asked (id) WHERE asked.id = ANY(%s)"  # noqa: S608
        return Narrowed(sql, (*self.params, contacts.literal))

    def edges_from(self, moments: Sequence[Any]) -> frozenset[Edge] | None:
        """Where time alone can have changed the answer since its moments were these.

        Truth of `column < bound` changes only for rows between the old bound and the new. None:
        time enters in another way, so that only asking anew can tell.
        """
        current = self.moments
        if len(moments) != len(current):
            return None
        if tuple(moments) == current:
            return frozenset()
        columns = compared_columns(self)
        edges = set()
        for before, after, column in zip(moments, current, columns, strict=True):
            if before == after:
                continue
            if column is None or type(before) is not type(after):
                return None
            table, name = column
            table = _SAME_INSTANTS.get(column, table)
            edges.add(Edge(table, name, min(before, after), max(before, after)))
        return frozenset(edges)


def ask(name: str, make: LeafMake, scope: Scope) -> Asked:
    """Compile a leaf for an instant."""
    queryset = make(scope)
    measure = measure_of(queryset)
    comparison = None if measure is None else measure.comparison
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return Asked(name, make, None, (), comparison)
    return Asked(name, make, sql, tuple(params), comparison)


def ask_measure(make: LeafMake, scope: Scope) -> Asked | None:
    """What a leaf compares, asked without what it is compared with; None where it has no measure.

    Its name holds the instants that time does not move (fixed dates), so that they are in the key.
    """
    measure = make.compares(scope)
    if measure is None:
        return None
    now = ask("", LeafMake(lambda _scope: measure.numbers()), scope)
    fixed = _fixed_moments(now, make, scope)
    if fixed is None:
        return None  # it is asked in another way later, of statistics rows say
    return replace(now, name=" ".join(["measure", *fixed]), comparison=measure.comparison)


def _fixed_moments(now: Asked, make: LeafMake, scope: Scope) -> list[str] | None:
    """The moments that time doesn't move; None where there are others later.

    One that is the scope's own instant is taken to move. If it is a fixed one by chance, numbers
    of two questions share a key for that instant; whoever starts from them compares all moments.
    """
    if all(each == scope.as_of for each in now.moments):
        return []
    later = ask("", LeafMake(partial(_measured_rows, make)), scope.at(scope.as_of + FAR))
    if len(now.moments) != len(later.moments):
        return None
    return [a.isoformat() for a, b in zip(now.moments, later.moments, strict=True) if a == b]


def _measured_rows(make: LeafMake, scope: Scope) -> QuerySet[Any]:
    measure = make.compares(scope)
    return scope.contacts().none() if measure is None else measure.numbers()


def _is_moment(params: Sequence[Any]) -> tuple[bool, ...]:
    return tuple(isinstance(each, date) for each in params)


@lru_cache(maxsize=4_000)
def is_one_select(sql: str) -> bool:
    """Whether a condition on the answer reaches the only table of each part by itself."""
    return sql.count("SELECT") == 1 + sql.count(") UNION ALL (")


def is_indexed_by_time(column: tuple[str, str]) -> bool:
    """Whether rows of a workspace are found by the (table, column) without reading all of them."""
    return column not in _SAME_INSTANTS


def compared_columns(asked: Asked) -> tuple[tuple[str, str] | None, ...]:
    """(table, column) each of the moments is compared with; None where it isn't that simple."""
    return _columns_of_moments(asked.sql or "", _is_moment(asked.params))


@lru_cache(maxsize=4_000)
def _ranks_everybody(sql: str) -> bool:
    return bool(_OVER_EVERYBODY.search(sql))


@lru_cache(maxsize=4_000)
def _tables_in(sql: str) -> frozenset[str]:
    return frozenset(_TABLE.findall(sql))


@lru_cache(maxsize=4_000)
def _columns_of_moments(
    sql: str, is_moment: tuple[bool, ...]
) -> tuple[tuple[str, str] | None, ...]:
    """(table, column) each moment is compared with; None where it isn't that simple."""
    pieces = sql.split("%s")[:-1]
    found: list[tuple[str, str] | None] = []
    before = ""
    for piece, wanted in zip(pieces, is_moment, strict=True):
        before += piece
        if wanted:
            found.append(_column_before(before))
        before += "%s"
    return tuple(found)


def _column_before(text: str) -> tuple[str, str] | None:
    compared = _COMPARED.search(text[-200:])
    if compared is None:
        return None
    alias = compared[1] or compared[3]
    column = compared[2] or compared[4]
    # Inner queries have prefixes of their own, so the last declaration is the one in force.
    declared = [table for table, name in _DECLARED.findall(text) if name == alias]
    table = declared[-1] if declared else alias
    return (table, column) if column in tables_of_workspaces().get(table, Columns()).names else None


@dataclass(frozen=True)
class Columns:
    """The columns of a table, and the one that says whose its rows are (None: nobody's)."""

    names: frozenset[str] = frozenset()
    contact: str | None = None


@lru_cache(maxsize=4_000)
def tables_of_workspaces() -> dict[str, Columns]:
    """Every table that holds a workspace's rows."""
    return {
        model._meta.db_table: Columns(
            frozenset(field.get_attname_column()[1] or "" for field in model._meta.concrete_fields),
            _contact_column(model),
        )
        for model in apps.get_models()
        if issubclass(model, WorkspaceModel)
    }


def _contact_column(model: type[models.Model]) -> str | None:
    if model is Contact:
        return "id"
    for field in model._meta.concrete_fields:
        if field.name == "contact" and field.related_model is Contact:
            return field.column
    return None


def instants_of(moments: Sequence[Any]) -> list[str]:
    """For storage; `read_instants` reads them."""
    return [each.isoformat() for each in moments]


def read_instants(texts: Sequence[str]) -> tuple[Any, ...]:
    """Days have no time in them."""
    return tuple(
        datetime.fromisoformat(each) if "T" in each else date.fromisoformat(each) for each in texts
    )
