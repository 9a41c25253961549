"""Products, brands, categories and variants by the names integrators use; missing ones are made.

A product that a line or an accessory names before it was described starts as a bare row: its
external id is its name, and any later description wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from contacts.text import KEY_LENGTH, key_of, normalise
from tracking.inserting import insert_new
from transactions.models import BEGINNING, NamedModel, Product, ProductVariant
from workspaces.models import Workspace

N = TypeVar("N", bound=NamedModel)


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """What a line takes over from its product."""

    id: int
    brand_id: int | None
    category_id: int | None
    currency: str
    cost: int | None  # minor units of `currency`, for one piece


@dataclass(frozen=True, slots=True)
class KnownVariant:
    """A variant and whose it is."""

    id: int
    product_id: int


@dataclass
class Catalog:
    """Ids by name: brands and categories by normalised name, the others by external id."""

    brands: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    products: dict[str, KnownProduct] = field(default_factory=dict)
    variants: dict[str, KnownVariant] = field(default_factory=dict)

    def brand_id(self, name: str | None) -> int | None:
        return self.brands[name_key(name)] if name and name_key(name) else None

    def category_id(self, name: str | None) -> int | None:
        return self.categories[name_key(name)] if name and name_key(name) else None


def name_key(name: str) -> str:
    """The form in which brands and categories are found."""
    return key_of(normalise(name))


def ensure_named(model: type[N], workspace: Workspace, names: Iterable[str]) -> dict[str, int]:
    """Ids by normalised name of brands or categories, made where they are missing."""
    wanted = {name_key(name): name.strip()[:KEY_LENGTH] for name in names if name_key(name)}
    found = _named(model, workspace, wanted)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        # Sorted, so that two writers wait for each other in the same order.
        model._default_manager.bulk_create(
            [model(workspace_id=workspace.pk, key=key, name=wanted[key]) for key in missing],
            ignore_conflicts=True,
        )
        found |= _named(model, workspace, missing)
    return found


def _named(model: type[N], workspace: Workspace, keys: Iterable[str]) -> dict[str, int]:
    rows = model._default_manager.filter(workspace_id=workspace.pk, key__any_of=keys)
    return dict(rows.values_list("key", "pk"))


def known_products(workspace: Workspace, external_ids: Iterable[str]) -> dict[str, KnownProduct]:
    """Products by external id; unknown ones are absent."""
    rows = (
        Product.objects.in_workspace(workspace)
        .filter(external_id__any_of=set(external_ids))
        .values_list("external_id", "pk", "brand_id", "category_id", "currency", "cost")
    )
    return {row[0]: KnownProduct(*row[1:]) for row in rows}


def known_variants(workspace: Workspace, external_ids: Iterable[str]) -> dict[str, KnownVariant]:
    """Variants by external id; unknown ones are absent."""
    rows = (
        ProductVariant.objects.in_workspace(workspace)
        .filter(external_id__any_of=set(external_ids))
        .values_list("external_id", "pk", "product_id")
    )
    return {row[0]: KnownVariant(*row[1:]) for row in rows}


def ensure_products(
    workspace: Workspace, products: Mapping[str, Product]
) -> dict[str, KnownProduct]:
    """Products by external id; for missing ones the given bare rows are stored."""
    found = known_products(workspace, products)
    missing = sorted(products.keys() - found.keys())
    if missing:
        insert_new([products[external_id] for external_id in missing])
        found |= known_products(workspace, missing)
    return found


def bare_product(
    workspace: Workspace,
    external_id: str,
    *,
    now: datetime,
    name: str = "",
    brand_id: int | None = None,
    category_id: int | None = None,
) -> Product:
    """A product known only by its id so far; whatever is said of it later is newer."""
    name = name or external_id
    return Product(
        workspace_id=workspace.pk,
        external_id=external_id,
        name=name,
        name_key=name_key(name),
        brand_id=brand_id,
        category_id=category_id,
        added_at=now,
        updated_at=BEGINNING,
    )


def ensure_variants(
    workspace: Workspace, variants: Mapping[str, int], names: Mapping[str, str] | None = None
) -> dict[str, KnownVariant]:
    """Variants by external id, missing ones made for the product ids given."""
    found = known_variants(workspace, variants)
    missing = sorted(variants.keys() - found.keys())
    if missing:
        insert_new(
            [
                ProductVariant(
                    workspace_id=workspace.pk,
                    external_id=external_id,
                    product_id=variants[external_id],
                    name=(names or {}).get(external_id, ""),
                )
                for external_id in missing
            ]
        )
        found |= known_variants(workspace, missing)
    return found
