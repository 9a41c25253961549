"""Recording products: the latest `updated_at` wins, fields that aren't named stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import Field

from contacts.bulk import update_rows
from contacts.models import ChangeKind
from contacts.services import touch_contacts, touch_everybody
from tracking.inserting import insert_new, next_ids
from tracking.items import (
    Amount,
    ExternalId,
    Instant,
    Item,
    ItemBatch,
    ShortText,
    django_errors,
    text,
)
from transactions.models import (
    Brand,
    LineItem,
    Product,
    ProductCategory,
    ProductVariant,
)
from transactions.services.accessories import replace_accessories
from transactions.services.catalog import (
    bare_product,
    ensure_named,
    ensure_products,
    ensure_variants,
    name_key,
)
from transactions.services.rates import Currency
from workspaces.batches import ItemError, ItemResult, ItemStatus
from workspaces.models import Workspace
from workspaces.money import to_minor_units
from workspaces.tenancy import workspace_scope

MAX_ATTEMPTS = 5
Address = Annotated[str, text(1000)]
Name = Annotated[str, text(128)]


class VariantItem(Item):
    """A size, colour or pack."""

    external_id: ExternalId
    name: ShortText = ""


class ProductItem(Item):
    """A product of a batch as docs/rest.md `products/batch` names it; null takes a value away."""

    external_id: ExternalId
    name: Annotated[str, text(300, min_length=1)] | None = None
    brand: Name | None = None
    category: Name | None = None
    currency: Currency | None = None  # of price and cost; the base currency if not given
    price: Amount | None = None
    cost: Amount | None = None
    url: Address | None = None
    image_url: Address | None = None
    added_at: Instant | None = None
    updated_at: Instant | None = None
    in_stock: bool = True
    variants: Annotated[list[VariantItem], Field(max_length=500)] = []
    accessories: Annotated[list[ExternalId], Field(max_length=500)] = []


class ConcurrentProductError(Exception):
    """Another writer stored one of the products meanwhile: look again."""


def record_products(
    *, workspace: Workspace, items: Sequence[Any], now: datetime, source: str
) -> list[ItemResult]:
    """Create and change products, with their variants and accessories.

    An item older than what is stored changes nothing. Accessories may come later in the batch, or
    in another one: until then they are known by their external id only.
    """
    with workspace_scope(workspace):
        for _attempt in range(MAX_ATTEMPTS):
            batch = ItemBatch(items, ProductItem)
            try:
                with transaction.atomic():
                    _Recording(workspace, batch, now).run()
                    return batch.in_order()
            except ConcurrentProductError:
                continue
    raise ConcurrentProductError


_FIELDS = (
    "name",
    "name_key",
    "brand",
    "category",
    "currency",
    "price",
    "cost",
    "url",
    "image_url",
    "is_in_stock",
    "added_at",
    "updated_at",
    "archived_at",
)
_COLUMNS = [Product._meta.get_field(name).attname for name in _FIELDS]  # type: ignore[union-attr]


@dataclass
class _Recording:
    """One attempt at one batch."""

    workspace: Workspace
    batch: ItemBatch[ProductItem]
    now: datetime
    products: dict[str, Product] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    outcome: dict[int, ItemStatus] = field(default_factory=dict)

    def run(self) -> None:
        pending = self.batch.pending
        rows = Product.objects.in_workspace(self.workspace).filter(
            external_id__in={item.external_id for item in pending.values()}
        )
        self.products = {
            row.external_id: row for row in rows.order_by("external_id").select_for_update()
        }
        unbranded = {row.pk: (row.brand_id, row.category_id) for row in self.products.values()}
        self.brands = ensure_named(
            Brand, self.workspace, [item.brand for item in pending.values() if item.brand]
        )
        self.categories = ensure_named(
            ProductCategory,
            self.workspace,
            [item.category for item in pending.values() if item.category],
        )
        for index, item in list(pending.items()):
            self._apply(index, item)
        self._store()
        links = self._link_accessories() | self._store_variants()
        self._inherit(unbranded)
        for index, item in list(self.batch.pending.items()):
            status = self.outcome[index]
            if status == ItemStatus.DUPLICATE and index in links:
                status = ItemStatus.UPDATED
            self.batch.settle(index, status, self.products[item.external_id].pk)

    def _apply(self, index: int, item: ProductItem) -> None:
        """Change the product in memory, or refuse the item."""
        product = self.products.get(item.external_id)
        updated_at = min(item.updated_at or self.now, self.now)
        if product is not None and updated_at < product.updated_at:
            self.outcome[index] = ItemStatus.DUPLICATE
            return
        if product is None and item.name is None:
            self.batch.refuse(index, "$.name", "missing", _("A new product needs a name."))
            return
        money = self._money(item, product)
        if isinstance(money, ItemError):
            self.batch.refuse_for(index, [money])
            return
        if product is None:
            product = bare_product(self.workspace, item.external_id, now=self.now)
            self.products[item.external_id] = product
            self.new.add(item.external_id)
            self.outcome[index] = ItemStatus.CREATED
        before = [getattr(product, name) for name in _COLUMNS]
        self._state(product, item, money)
        product.updated_at, stated_before = updated_at, product.updated_at
        after = [getattr(product, name) for name in _COLUMNS]
        if before != after:
            self.changed.add(item.external_id)
        product_is_same = (
            before[: _COLUMNS.index("updated_at")] == after[: _COLUMNS.index("updated_at")]
        )
        if index not in self.outcome:
            known = product_is_same and stated_before <= updated_at
            self.outcome[index] = ItemStatus.DUPLICATE if known else ItemStatus.UPDATED

    def _money(self, item: ProductItem, product: Product | None) -> dict[str, Any] | ItemError:
        currency = item.currency or (product.currency if product else "")
        currency = currency or self.workspace.base_currency
        found: dict[str, Any] = {"currency": currency}
        for name in ("price", "cost"):
            if name not in item.model_fields_set:
                continue
            amount = getattr(item, name)
            try:
                found[name] = None if amount is None else to_minor_units(amount, currency)
            except ValidationError as error:
                return django_errors(error, f"$.{name}")
        return found

    def _state(self, product: Product, item: ProductItem, money: dict[str, Any]) -> None:
        given = item.model_fields_set
        if item.name:
            product.name, product.name_key = item.name, name_key(item.name)
        if "brand" in given:
            product.brand_id = self.brands.get(name_key(item.brand or ""))
        if "category" in given:
            product.category_id = self.categories.get(name_key(item.category or ""))
        if "url" in given:
            product.url = item.url or ""
        if "image_url" in given:
            product.image_url = item.image_url or ""
        if "in_stock" in given:
            product.is_in_stock = item.in_stock
        if item.added_at is not None:
            product.added_at = item.added_at
        for name, value in money.items():
            setattr(product, name, value)

    def _store(self) -> None:
        new = [self.products[external_id] for external_id in sorted(self.new)]
        for product, pk in zip(new, next_ids(Product, len(new)), strict=True):
            product.pk = pk
        if len(insert_new(new)) != len(new):
            raise ConcurrentProductError
        update_rows(
            Product,
            self.workspace.pk,
            _FIELDS,
            [
                (product.pk, *(getattr(product, name) for name in _COLUMNS))
                for external_id in self.changed - self.new
                for product in [self.products[external_id]]
            ],
        )
        if self.changed - self.new:
            touch_everybody(workspace=self.workspace, kind=ChangeKind.VOCABULARY)

    def _link_accessories(self) -> set[int]:
        """Replace the accessories of products that name some; indexes of items that changed any."""
        wanted = {
            index: item
            for index, item in self.batch.pending.items()
            if "accessories" in item.model_fields_set and not self._is_stale(index, item)
        }
        names = {name for item in wanted.values() for name in item.accessories}
        known = ensure_products(
            self.workspace,
            {name: bare_product(self.workspace, name, now=self.now) for name in names},
        )
        changed: set[int] = set()
        for index, item in wanted.items():
            product = self.products[item.external_id]
            ids = {known[name].id for name in item.accessories} - {product.pk}
            if replace_accessories(self.workspace, product.pk, ids):
                changed.add(index)
        return changed

    def _is_stale(self, index: int, item: ProductItem) -> bool:
        updated_at = min(item.updated_at or self.now, self.now)
        return updated_at < self.products[item.external_id].updated_at

    def _store_variants(self) -> set[int]:
        owners: dict[str, int] = {}
        names: dict[str, str] = {}
        for item in self.batch.pending.values():
            for variant in item.variants:
                owners[variant.external_id] = self.products[item.external_id].pk
                names[variant.external_id] = variant.name
        before = dict(
            ProductVariant.objects.in_workspace(self.workspace)
            .filter(external_id__in=owners)
            .values_list("external_id", "name")
        )
        known = ensure_variants(self.workspace, owners, names)
        renamed = {name for name in before if names[name] and names[name] != before[name]}
        update_rows(
            ProductVariant,
            self.workspace.pk,
            ("name",),
            [(known[name].id, names[name]) for name in renamed],
        )
        touched = renamed | (owners.keys() - before.keys())
        return {
            index
            for index, item in self.batch.pending.items()
            if any(variant.external_id in touched for variant in item.variants)
        }

    def _inherit(self, before: dict[int, tuple[int | None, int | None]]) -> None:
        """Lines sold before the product was described take over its brand and category."""
        for product in self.products.values():
            if product.pk not in before or product.external_id not in self.changed:
                continue
            had_brand, had_category = before[product.pk]
            lines = LineItem.objects.in_workspace(self.workspace).filter(product_id=product.pk)
            touched: set[int] = set()
            for name, had, has in (
                ("brand_id", had_brand, product.brand_id),
                ("category_id", had_category, product.category_id),
            ):
                if had is None and has is not None:
                    bare = lines.filter(**{f"{name}__isnull": True})
                    touched |= set(bare.values_list("contact_id", flat=True))
                    bare.update(**{name: has})
            touch_contacts(
                workspace=self.workspace, contact_ids=touched, kind=ChangeKind.TRANSACTION
            )
