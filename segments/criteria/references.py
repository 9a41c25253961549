"""What the keys in a tree stand for: resolved in the workspace, most of them by one statement.

A key of another workspace is as unknown as one that never existed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

from django.db import connection
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext

from contacts.models import AttributeDefinition, Category, StaticList, Tag
from contacts.text import key_of, normalise
from segments.campaign_keys import known_campaigns
from segments.models import Segment
from tracking.models import ActivityKind, ActivityParameter
from transactions.models import Brand, LineProperty, Product, ProductCategory, ProductVariant
from workspaces.models import Workspace
from workspaces.numbers import whole_number
from workspaces.tenancy import WorkspaceModel


@dataclass(frozen=True)
class Found:
    """What a key names: our ids (a product's name may fit several) and its label."""

    ids: tuple[int, ...]
    label: str
    type: str = ""  # of attributes and parameters


Resolver = Callable[[Workspace, Sequence[str]], dict[str, Found]]
Row = tuple[Any, ...]  # a key, our id, the label, and what else is told


def resolve(workspace: Workspace, reference: str, keys: Iterable[str]) -> dict[str, Found]:
    """The keys that exist; those that don't are left out."""
    return resolve_all(workspace, {reference: keys})[reference]


def resolve_all(
    workspace: Workspace, wanted: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, Found]]:
    """The same of several kinds; what is found in one table by its key alone, by one statement."""
    named = {kind: list(keys) for kind, keys in wanted.items()}
    rows = _rows(workspace, {kind: keys for kind, keys in named.items() if kind in NAMED})
    return {
        kind: NAMED[kind].read(keys, rows[kind])
        if kind in NAMED
        else RESOLVERS[kind](workspace, keys)
        for kind, keys in named.items()
    }


def _rows(workspace: Workspace, named: Mapping[str, Sequence[str]]) -> dict[str, list[Row]]:
    """What fits the keys of each kind, by one statement."""
    rows: dict[str, list[Row]] = {kind: [] for kind in named}
    if not named:
        return rows
    statement, slots = _statement(tuple(named))
    given: dict[Any, Any] = {
        _slot(kind, number): keys
        for kind in named
        for number, keys in enumerate(NAMED[kind].lists(named[kind]))
    }
    given[NO_WORKSPACE] = workspace.pk
    params = [given.get(tuple(each) if isinstance(each, list) else each, each) for each in slots]
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        for kind, *row in cursor.fetchall():
            rows[kind].append(tuple(row))
    return rows


NO_WORKSPACE = -1


def _slot(kind: str, number: int) -> tuple[str, ...]:
    """Stands for the keys of a kind in a statement that is compiled once."""
    return ("\0", kind, str(number))


@lru_cache(maxsize=200)
def _statement(kinds: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """Rows of these kinds, with slots among the parameters."""
    first, *others = (
        NAMED[kind].rows(kind, [list(_slot(kind, n)) for n in range(NAMED[kind].number_of_lists)])
        for kind in kinds
    )
    query = first.union(*others, all=True) if others else first
    text, params = query.query.sql_with_params()
    return text, tuple(params)


def _normalised(keys: Iterable[str]) -> dict[str, str]:
    return {key: key_of(normalise(key)) for key in keys}


@dataclass(frozen=True)
class Named:
    """Things of one table that are found by a key."""

    model: type[WorkspaceModel]
    label: str  # the column of what they are shown as
    told: str = ""  # a column that says more of them
    key: str = "key"

    number_of_lists: ClassVar[int] = 1

    def rows(self, kind: str, lists: Sequence[list[str]]) -> QuerySet[Any, Any]:
        """The kind, and a `Row` of each that fits."""
        found = self.model.objects.in_workspace(NO_WORKSPACE).filter(self.fitting(*lists))
        told = F(self.told) if self.told else Value("")
        return (
            found.order_by()
            .annotate(kind=Value(kind), more=Cast(told, TextField()))
            .values_list("kind", self.key, "id", self.label, "more")
        )

    def lists(self, keys: Sequence[str]) -> tuple[list[str], ...]:
        """What is looked for."""
        return (list(keys),)

    def fitting(self, *lists: list[str]) -> Q:
        """Which of them the lists may mean."""
        return Q((f"{self.key}__any_of", lists[0]))

    def read(self, keys: Sequence[str], rows: Sequence[Row]) -> dict[str, Found]:
        """What the keys mean."""
        return {key: Found((pk,), label, more) for key, pk, label, more in rows}


class _Attributes(Named):
    def read(self, keys: Sequence[str], rows: Sequence[Row]) -> dict[str, Found]:
        """Labels of built-in attributes are stored in English and shown translated."""
        found = super().read(keys, rows)
        return {key: replace(each, label=gettext(each.label)) for key, each in found.items()}


class _ByName(Named):
    """Brands and product categories: named by their name, compared as text is."""

    def lists(self, keys: Sequence[str]) -> tuple[list[str], ...]:
        return (list(_normalised(keys).values()),)

    def read(self, keys: Sequence[str], rows: Sequence[Row]) -> dict[str, Found]:
        by_key = super().read(keys, rows)
        return {key: by_key[norm] for key, norm in _normalised(keys).items() if norm in by_key}


class _Products(Named):
    """By the integrator's id, else by name (which may fit several products)."""

    number_of_lists = 2

    def lists(self, keys: Sequence[str]) -> tuple[list[str], ...]:
        return list(keys), list(_normalised(keys).values())

    def fitting(self, *lists: list[str]) -> Q:
        return super().fitting(lists[0]) | Q(name_key__any_of=lists[1])

    def read(self, keys: Sequence[str], rows: Sequence[Row]) -> dict[str, Found]:
        by_id = {external_id: (pk, label) for external_id, pk, label, _ in rows}
        by_name: dict[str, list[tuple[int, str]]] = {}
        for _, pk, label, name_key in rows:
            by_name.setdefault(name_key, []).append((pk, label))
        found = {}
        for key, name in _normalised(keys).items():
            fitting = [by_id[key]] if key in by_id else by_name.get(name, [])
            if fitting:
                ids, labels = zip(*fitting, strict=True)
                found[key] = Found(tuple(sorted(ids)), labels[0])
        return found


def _variants(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
    rows = ProductVariant.objects.in_workspace(workspace).filter(external_id__in=list(keys))
    return {row.external_id: Found((row.pk,), str(row)) for row in rows}


def _parameters(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
    """Named "kind.parameter"."""
    pairs = [key.split(".", 1) for key in keys if "." in key]
    rows = (
        ActivityParameter.objects.in_workspace(workspace)
        .filter(kind__key__in=[kind for kind, _ in pairs], key__in=[name for _, name in pairs])
        .select_related("kind")
    )
    found = {f"{row.kind.key}.{row.key}": Found((row.pk,), row.label, row.type) for row in rows}
    return {key: found[key] for key in keys if key in found}


def _line_properties(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
    """Properties need no definition: one exists when some line has it."""
    rows = LineProperty.objects.in_workspace(workspace)
    wanted = _normalised(keys)
    return {key: Found((), key) for key, norm in wanted.items() if rows.filter(key=norm).exists()}


def _by_id(model: type[WorkspaceModel]) -> Resolver:
    """Segments and lists are named by id."""

    def find(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
        ids = [pk for key in keys if (pk := whole_number(key)) is not None]
        rows = model.objects.in_workspace(workspace).filter(Q(pk__in=ids), Q(("archived_at", None)))
        return {str(row.pk): Found((row.pk,), row.name) for row in rows}  # type: ignore[attr-defined]

    return find


def _campaigns(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
    """By the key their messages carry; other senders' campaigns have only that."""
    return {key: Found((), label) for key, label in known_campaigns(workspace, keys).items()}


NAMED: dict[str, Named] = {
    "attribute": _Attributes(AttributeDefinition, "label", "type"),
    "tag": Named(Tag, "name"),
    "category": Named(Category, "name"),
    "activity_kind": Named(ActivityKind, "label"),
    "brand": _ByName(Brand, "name"),
    "product_category": _ByName(ProductCategory, "name"),
    "product": _Products(Product, "name", "name_key", key="external_id"),
}
RESOLVERS: dict[str, Resolver] = {
    "activity_parameter": _parameters,
    "variant": _variants,
    "line_property": _line_properties,
    "list": _by_id(StaticList),
    "segment": _by_id(Segment),
    "campaign": _campaigns,
}
# Every kind of thing that a tree can name.
KINDS = frozenset({*NAMED, *RESOLVERS})
