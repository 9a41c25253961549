"""Importing products: a row is a product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.importing import BuildContext, Field, ImportKind, Item, Row, RowRefusedError
from transactions.importing.fields import PRODUCT_FIELDS
from transactions.services import record_products
from workspaces.batches import ItemResult
from workspaces.models import Workspace


def product_fields(workspace: Workspace) -> Sequence[Field]:
    return PRODUCT_FIELDS


def build_product(rows: Sequence[Row], context: BuildContext) -> Item:
    """An item of `products/batch`; prices without a currency are in the import's."""
    item = dict(rows[0])
    if not item.get("external_id"):
        raise RowRefusedError(_("The row has no id of the product."))
    if "currency" in item:
        item["currency"] = str(item["currency"]).upper()
    elif "price" in item or "cost" in item:
        item["currency"] = context.currency
    return item


def save_products(
    *, workspace: Workspace, items: Sequence[Item], now: datetime, define: bool
) -> Sequence[ItemResult]:
    return record_products(workspace=workspace, items=items, now=now, source="import")


PRODUCTS = ImportKind(
    key="products",
    label=gettext_lazy("Products"),
    description=gettext_lazy("One row a product: name, brand, category, price."),
    fields=product_fields,
    required=(("external_id",),),
    key_fields=("external_id",),
    build=build_product,
    save=save_products,
)
