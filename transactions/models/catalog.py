from __future__ import annotations

from django.db import models
from django.db.models import Q

from contacts.text import KEY_LENGTH
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class NamedModel(WorkspaceModel):
    """Brands and product categories: found by their normalised name."""

    key = models.CharField(max_length=KEY_LENGTH, db_collation="C")  # contacts.text.normalise(name)
    name = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Brand(NamedModel):
    """A producer."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="brand_key_unique"),
        ]


class ProductCategory(NamedModel):
    """A product's category (contacts have categories of their own)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "key"], name="product_category_key_unique"
            ),
        ]


class Product(WorkspaceModel):
    """Something the shop sells. Prices and costs are minor units of `currency`."""

    external_id = models.CharField(max_length=200, db_collation="C")
    name = models.CharField(max_length=300)
    name_key = models.CharField(max_length=KEY_LENGTH, db_collation="C")
    brand = WorkspaceForeignKey(
        Brand, on_delete=models.DO_NOTHING, null=True, related_name="products"
    )
    category = WorkspaceForeignKey(
        ProductCategory, on_delete=models.DO_NOTHING, null=True, related_name="products"
    )
    currency = models.CharField(max_length=3, blank=True)
    price = models.BigIntegerField(null=True)
    cost = models.BigIntegerField(null=True)
    url = models.CharField(max_length=1000, blank=True)
    image_url = models.CharField(max_length=1000, blank=True)
    is_in_stock = models.BooleanField(default=True)
    added_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="product_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "name_key"], name="product_by_name"),
            models.Index(fields=["workspace", "brand", "-added_at"], name="product_by_brand"),
            models.Index(fields=["workspace", "category"], name="product_by_category"),
        ]

    def __str__(self) -> str:
        return self.name


class ProductVariant(WorkspaceModel):
    """A size, colour or pack of a product."""

    product = WorkspaceForeignKey(Product, on_delete=models.DO_NOTHING, related_name="variants")
    external_id = models.CharField(max_length=200, db_collation="C")
    name = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="variant_external_id_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id


class ProductAccessory(WorkspaceModel):
    """`accessory` goes with `product`."""

    product = WorkspaceForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="accessory_links"
    )
    accessory = WorkspaceForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="accessory_of_links"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "product", "accessory"], name="accessory_once"
            ),
            models.CheckConstraint(
                condition=~Q(product_id=models.F("accessory_id")), name="accessory_of_another"
            ),
        ]


class Rate(WorkspaceModel):
    """What one unit of a currency was worth in the base currency, from a date on."""

    currency = models.CharField(max_length=3)
    date = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "currency", "date"], name="rate_once_a_day"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
        ]
