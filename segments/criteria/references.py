"""What the keys in a tree stand for: resolved in the workspace, one query a kind.

A key of another workspace is as unknown as one that never existed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
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


def resolve(workspace: Workspace, reference: str, keys: Iterable[str]) -> dict[str, Found]:
    """The keys that exist; those that don't are left out."""
    return RESOLVERS[reference](workspace, list(keys))


def _by_key(model: type[WorkspaceModel], label: str) -> Resolver:
    columns = ["key", "id", label]
    if any(field.name == "type" for field in model._meta.concrete_fields):
        columns.append("type")

    def find(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
        rows: Any = model.objects.in_workspace(workspace).filter(Q(("key__in", keys)))
        return {key: Found((pk,), *told) for key, pk, *told in rows.values_list(*columns)}

    return find


def _by_name(model: type[WorkspaceModel]) -> Resolver:
    """Brands and product categories: named by their name, compared as text is."""

    def find(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
        wanted = {key: key_of(normalise(key)) for key in keys}
        rows: Any = model.objects.in_workspace(workspace).filter(
            Q(("key__in", list(wanted.values())))
        )
        by_key = {
            key: Found((pk,), name) for key, pk, name in rows.values_list("key", "id", "name")
        }
        return {key: by_key[norm] for key, norm in wanted.items() if norm in by_key}

    return find


def _products(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
    """By the integrator's id, else by name (which may fit several products)."""
    names = {key: key_of(normalise(key)) for key in keys}
    rows = Product.objects.in_workspace(workspace).filter(
        Q(external_id__in=list(keys)) | Q(name_key__in=list(names.values()))
    )
    rows = rows.only("id", "external_id", "name_key", "name")
    by_id: dict[str, Product] = {}
    by_name: dict[str, list[Product]] = {}
    for row in rows:
        by_id[row.external_id] = row
        by_name.setdefault(row.name_key, []).append(row)
    found = {}
    for key, name in names.items():
        fitting = [by_id[key]] if key in by_id else by_name.get(name, [])
        if fitting:
            found[key] = Found(tuple(sorted(row.pk for row in fitting)), fitting[0].name)
    return found


def _attributes(workspace: Workspace, keys: Sequence[str]) -> dict[str, Found]:
    """Labels of built-in attributes are stored in English and shown translated."""
    found = _by_key(AttributeDefinition, "label")(workspace, keys)
    return {key: replace(each, label=gettext(each.label)) for key, each in found.items()}


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
    wanted = {key: key_of(normalise(key)) for key in keys}
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


RESOLVERS: dict[str, Resolver] = {
    "attribute": _attributes,
    "tag": _by_key(Tag, "name"),
    "category": _by_key(Category, "name"),
    "activity_kind": _by_key(ActivityKind, "label"),
    "activity_parameter": _parameters,
    "brand": _by_name(Brand),
    "product_category": _by_name(ProductCategory),
    "product": _products,
    "variant": _variants,
    "line_property": _line_properties,
    "list": _by_id(StaticList),
    "segment": _by_id(Segment),
    "campaign": _campaigns,
}
