from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from contacts.text import KEY_LENGTH
from tracking.models import Visit
from transactions.models.catalog import Brand, Product, ProductCategory, ProductVariant
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel, WorkspaceQuerySet

M = TypeVar("M", bound=models.Model)

# What a transaction said first holds from the beginning: past answers use what is known today.
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)

# What "counted, as it stood at T" reads, so that an index answers it without the table.
VERSION_COLUMNS = ("version_from", "superseded_at", "kind", "status")

# The same of lines, with what is summed and what tells transactions apart.
LINE_COLUMNS = (*VERSION_COLUMNS, "amount", "quantity", "transaction")

UNKNOWN_CHANNEL = "unknown"  # no visit and no source given; never "direct"


class TransactionKind(models.TextChoices):
    """A cart is not a purchase; it is abandoned, or converted to one."""

    CART = "cart", _("cart")
    PURCHASE = "purchase", _("purchase")


class TransactionStatus(models.TextChoices):
    """What the shop says of a transaction; paid and fulfilled count by default."""

    PENDING = "pending", _("pending")
    PAID = "paid", _("paid")
    FULFILLED = "fulfilled", _("fulfilled")
    CANCELLED = "cancelled", _("cancelled")
    REFUNDED = "refunded", _("refunded")
    TEST = "test", _("test")


COUNTED_STATUSES = (TransactionStatus.PAID, TransactionStatus.FULFILLED)


class VersionedQuerySet(WorkspaceQuerySet[M]):
    """Rows that hold for a time; exactly one version of a transaction holds at any instant."""

    def as_it_stood(self, as_of: datetime) -> Self:
        """The versions that held at the instant."""
        return self.filter(version_from__lte=as_of).filter(
            Q(superseded_at__isnull=True) | Q(superseded_at__gt=as_of)
        )

    def current(self) -> Self:
        return self.filter(superseded_at__isnull=True)


class Transaction(WorkspaceModel):
    """One version of a transaction: what the shop last said, less what was refunded by then.

    A later statement (greater `updated_at`) or a refund closes the version and opens the next,
    so that past instants see it as it stood. `root_id` is the id of the first version: the
    transaction's own identity. All amounts are minor units of the base currency at the rate of
    the day of `occurred_at`; `goods_amount` is what was paid for the goods: after discounts, tax
    included, without shipping.
    """

    external_id = models.CharField(max_length=200, db_collation="C")
    root = WorkspaceForeignKey("self", on_delete=models.DO_NOTHING, related_name="versions")
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="transactions")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_clamped = models.BooleanField(default=False)
    stated_at = models.DateTimeField()  # the shop's updated_at behind this version
    version_from = models.DateTimeField(default=BEGINNING)
    superseded_at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=8, choices=TransactionKind.choices, db_collation="C")
    # `stated_status`, but refunded from the instant on when nothing is left.
    status = models.CharField(max_length=9, choices=TransactionStatus.choices, db_collation="C")
    stated_status = models.CharField(
        max_length=9, choices=TransactionStatus.choices, db_collation="C"
    )
    converted_to = models.CharField(max_length=200, blank=True, db_collation="C")  # of carts

    goods_amount = models.BigIntegerField()
    shipping_amount = models.BigIntegerField(default=0)
    total_amount = models.BigIntegerField()  # goods and shipping
    refunded_amount = models.BigIntegerField(default=0)  # of the goods, by this version
    refunded_shipping_amount = models.BigIntegerField(default=0)
    cost_amount = models.BigIntegerField(null=True)  # of the goods; null where a cost is unknown
    currency = models.CharField(max_length=3)
    # Of the day of `occurred_at`, as known when the statement came: later rates don't change it.
    rate = models.DecimalField(max_digits=20, decimal_places=10, default=Decimal(1))
    # As stated, before refunds, in minor units of `currency`.
    original_goods_amount = models.BigIntegerField()
    original_shipping_amount = models.BigIntegerField(default=0)

    coupon = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")  # normalised
    sales_channel = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")

    # The source by the visit model, or as the shop gave it (semantics 17).
    channel = models.CharField(max_length=14, default=UNKNOWN_CHANNEL, db_collation="C")
    is_paid_channel = models.BooleanField(default=False)
    is_source_given = models.BooleanField(default=False)
    visit = WorkspaceForeignKey(
        Visit, on_delete=models.DO_NOTHING, null=True, related_name="transactions"
    )
    utm_source = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    utm_medium = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    utm_campaign = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    content_hash = models.CharField(max_length=64)  # of the statement, to recognise duplicates

    objects = VersionedQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"],
                condition=Q(superseded_at__isnull=True),
                name="transaction_one_current_version",
            ),
            models.UniqueConstraint(
                fields=["workspace", "external_id", "version_from"],
                name="transaction_version_unique",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True)
                | Q(superseded_at__gt=models.F("version_from")),
                name="transaction_version_lasts",
            ),
        ]
        indexes = [
            # Not of current versions only: "as it stood at T" reads closed ones too, and an index
            # with a condition can't answer it.
            models.Index(
                fields=["workspace", "contact", "occurred_at"],
                include=[*VERSION_COLUMNS, "channel", "is_paid_channel", "goods_amount"],
                name="transaction_of_contact",
            ),
            models.Index(
                fields=["workspace", "occurred_at"],
                include=["contact", *VERSION_COLUMNS, "channel", "is_paid_channel", "goods_amount"],
                name="transaction_by_time",
            ),
            # Who changes by time alone: later versions begin, earlier ones end.
            models.Index(
                fields=["workspace", "version_from"],
                include=["contact"],
                condition=Q(version_from__gt=BEGINNING),
                name="transaction_begins",
            ),
            models.Index(
                fields=["workspace", "superseded_at"],
                include=["contact"],
                condition=Q(superseded_at__isnull=False),
                name="transaction_ends",
            ),
            models.Index(fields=["workspace", "root"], name="transaction_versions"),
            models.Index(
                fields=["workspace", "visit"],
                condition=Q(visit_id__isnull=False),
                name="transaction_of_visit",
            ),
            models.Index(
                fields=["workspace", "coupon", "occurred_at"],
                condition=~Q(coupon=""),
                name="transaction_by_coupon",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class LineItem(WorkspaceModel):
    """One line of one version of a transaction.

    Contact, time, status, source and product facts are repeated here so that a criterion reads
    one table. A line with quantity 0 (all refunded) was not bought.
    """

    transaction = WorkspaceForeignKey(
        Transaction, on_delete=models.DO_NOTHING, related_name="lines"
    )
    root = WorkspaceForeignKey(Transaction, on_delete=models.DO_NOTHING, related_name="all_lines")
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="line_items")
    line_number = models.PositiveIntegerField()  # from 1
    occurred_at = models.DateTimeField()
    version_from = models.DateTimeField(default=BEGINNING)
    superseded_at = models.DateTimeField(null=True)
    kind = models.CharField(max_length=8, db_collation="C")
    status = models.CharField(max_length=9, db_collation="C")
    channel = models.CharField(max_length=14, default=UNKNOWN_CHANNEL, db_collation="C")
    is_paid_channel = models.BooleanField(default=False)
    coupon = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    sales_channel = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    product = WorkspaceForeignKey(
        Product, on_delete=models.DO_NOTHING, null=True, related_name="line_items"
    )
    variant = WorkspaceForeignKey(
        ProductVariant, on_delete=models.DO_NOTHING, null=True, related_name="line_items"
    )
    brand = WorkspaceForeignKey(
        Brand, on_delete=models.DO_NOTHING, null=True, related_name="line_items"
    )
    category = WorkspaceForeignKey(
        ProductCategory, on_delete=models.DO_NOTHING, null=True, related_name="line_items"
    )
    name = models.CharField(max_length=300, blank=True)
    quantity = models.BigIntegerField()  # thousandths, less what was refunded
    amount = models.BigIntegerField()  # base minor units, paid for the line, less refunds
    refunded_quantity = models.BigIntegerField(default=0)  # thousandths
    refunded_amount = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(null=True)  # base minor units for the whole remaining line
    # As stated, before refunds, in minor units of the transaction's currency.
    original_amount = models.BigIntegerField()
    original_cost = models.BigIntegerField(null=True)

    objects = VersionedQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "transaction", "line_number"], name="line_number_unique"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="line_quantity_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "brand", "occurred_at"],
                include=["contact", *LINE_COLUMNS],
                name="line_by_brand",
            ),
            models.Index(
                fields=["workspace", "category", "occurred_at"],
                include=["contact", *LINE_COLUMNS],
                name="line_by_category",
            ),
            models.Index(
                fields=["workspace", "product", "occurred_at"],
                include=["contact", *LINE_COLUMNS],
                name="line_by_product",
            ),
            models.Index(
                fields=["workspace", "contact", "occurred_at"],
                include=["product", "brand", "category", *LINE_COLUMNS],
                name="line_of_contact",
            ),
            models.Index(
                fields=["workspace", "occurred_at"],
                include=["contact", *VERSION_COLUMNS, "amount", "quantity"],
                name="line_by_time",
            ),
            models.Index(fields=["workspace", "root"], name="line_of_root"),
        ]


class LineProperty(WorkspaceModel):
    """A typed property of a line: size, colour, engraving."""

    line_item = WorkspaceForeignKey(
        LineItem, on_delete=models.DO_NOTHING, related_name="properties"
    )
    key = models.CharField(max_length=60, db_collation="C")  # normalised
    text = models.CharField(max_length=300, blank=True)
    text_key = models.CharField(max_length=KEY_LENGTH, blank=True, db_collation="C")
    number = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "line_item", "key"], name="line_property_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "key", "text_key"],
                include=["line_item"],
                name="line_property_text",
            ),
        ]
