"""Products, transactions and rates as the API tells of them. Money is a string in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from transactions.models import (
    Brand,
    LineItem,
    Product,
    ProductAccessory,
    ProductCategory,
    ProductVariant,
    Rate,
    Refund,
    Transaction,
)
from workspaces.models import Workspace
from workspaces.money import from_minor_units


def transaction_documents(
    workspace: Workspace, rows: Sequence[Transaction]
) -> list[dict[str, Any]]:
    """Versions with their lines; amounts in the base currency, after refunds."""
    lines: dict[int, list[dict[str, Any]]] = {}
    found = (
        LineItem.objects.in_workspace(workspace)
        .filter(transaction_id__in=[row.pk for row in rows])
        .select_related("product", "brand", "category", "variant")
        .order_by("transaction_id", "line_number")
    )
    for line in found:
        lines.setdefault(line.transaction_id, []).append(_line(line, workspace.base_currency))
    return [
        _transaction(row, workspace.base_currency) | {"lines": lines.get(row.pk, [])}
        for row in rows
    ]


def _transaction(row: Transaction, base: str) -> dict[str, Any]:
    return {
        "id": row.root_id,
        "external_id": row.external_id,
        "contact_id": row.contact_id,
        "occurred_at": row.occurred_at,
        "updated_at": row.stated_at,
        "kind": row.kind,
        "status": row.status,
        "converted_to": row.converted_to or None,
        "sales_channel": row.sales_channel,
        "coupon": row.coupon,
        "source": {
            "channel": row.channel,
            "is_paid": row.is_paid_channel,
            "is_given": row.is_source_given,
            "utm": {
                name: value
                for name in ("source", "medium", "campaign")
                if (value := getattr(row, f"utm_{name}"))
            },
        },
        "currency": row.currency,
        "base_currency": base,
        "goods": from_minor_units(row.goods_amount, base),
        "shipping": from_minor_units(row.shipping_amount, base),
        "total": from_minor_units(row.total_amount, base),
        "refunded": from_minor_units(row.refunded_amount + row.refunded_shipping_amount, base),
    }


def _line(line: LineItem, base: str) -> dict[str, Any]:
    return {
        "line": line.line_number,
        "product": line.product.external_id if line.product else None,
        "variant": line.variant.external_id if line.variant else None,
        "name": line.name,
        "brand": line.brand.name if line.brand else None,
        "category": line.category.name if line.category else None,
        "quantity": f"{Decimal(line.quantity).scaleb(-3).normalize():f}",
        "amount": from_minor_units(line.amount, base),
        "refunded": from_minor_units(line.refunded_amount, base),
    }


def product_documents(workspace: Workspace, rows: Sequence[Product]) -> list[dict[str, Any]]:
    """Products with their variants and accessories."""
    ids = [row.pk for row in rows]
    variants: dict[int, list[dict[str, str]]] = {}
    for variant in (
        ProductVariant.objects.in_workspace(workspace).filter(product_id__in=ids).order_by("pk")
    ):
        variants.setdefault(variant.product_id, []).append(
            {"external_id": variant.external_id, "name": variant.name}
        )
    accessories: dict[int, list[str]] = {}
    links = ProductAccessory.objects.in_workspace(workspace).filter(product_id__in=ids)
    for product_id, external_id in links.order_by("accessory__external_id").values_list(
        "product_id", "accessory__external_id"
    ):
        accessories.setdefault(product_id, []).append(external_id)
    return [
        _product(row, workspace.base_currency)
        | {"variants": variants.get(row.pk, []), "accessories": accessories.get(row.pk, [])}
        for row in rows
    ]


def _product(row: Product, base: str) -> dict[str, Any]:
    currency = row.currency or base
    return {
        "id": row.pk,
        "external_id": row.external_id,
        "name": row.name,
        "brand": row.brand.name if row.brand else None,
        "category": row.category.name if row.category else None,
        "currency": currency,
        "price": None if row.price is None else from_minor_units(row.price, currency),
        "cost": None if row.cost is None else from_minor_units(row.cost, currency),
        "url": row.url,
        "image_url": row.image_url,
        "in_stock": row.is_in_stock,
        "added_at": row.added_at,
    }


class ProductSerializer(serializers.Serializer[Product]):
    """A product; amounts in its own currency."""

    def to_representation(self, instance: Product) -> dict[str, Any]:
        return product_documents(self.context["workspace"], [instance])[0]


class TransactionSerializer(serializers.Serializer[Transaction]):
    """A transaction as it stands; amounts in the base currency, after refunds."""

    def to_representation(self, instance: Transaction) -> dict[str, Any]:
        return transaction_documents(self.context["workspace"], [instance])[0]


class BrandSerializer(serializers.ModelSerializer[Brand]):
    """A brand and how many products have it."""

    number_of_products = serializers.IntegerField(read_only=True)

    class Meta:
        model = Brand
        fields = ("id", "key", "name", "number_of_products")


class ProductCategorySerializer(serializers.ModelSerializer[ProductCategory]):
    """A category of products and how many products are in it."""

    number_of_products = serializers.IntegerField(read_only=True)

    class Meta:
        model = ProductCategory
        fields = ("id", "key", "name", "number_of_products")


class RateSerializer(serializers.ModelSerializer[Rate]):
    """What one unit of a currency is worth in the base currency from a date on."""

    class Meta:
        model = Rate
        fields = ("id", "currency", "date", "rate")


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """A refund; the amount in the base currency."""

    transaction = serializers.CharField(source="transaction.external_id", read_only=True)
    amount = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = ("id", "external_id", "transaction", "occurred_at", "amount")

    def get_amount(self, refund: Refund) -> str:
        return from_minor_units(refund.amount, self.context["workspace"].base_currency)
