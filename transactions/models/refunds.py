from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacts.models import Contact
from tracking.models import Fact
from transactions.models.catalog import Product
from transactions.models.sales import Transaction
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class Refund(Fact):
    """Money given back for a transaction; from `occurred_at` on it lowers the original."""

    transaction = WorkspaceForeignKey(
        Transaction, on_delete=models.DO_NOTHING, related_name="refunds"
    )  # its first version
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="refunds")
    amount = models.BigIntegerField()  # base minor units, at the transaction's rate
    original_amount = models.BigIntegerField()  # minor units of the transaction's currency
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="refund_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "transaction"], name="refund_of_transaction"),
            models.Index(
                fields=["workspace", "contact", "occurred_at"],
                include=["amount"],
                name="refund_of_contact",
            ),
        ]


class RefundLine(WorkspaceModel):
    """What a refund gave back of one line, or of a product: as the shop named it.

    Later statements may number their lines otherwise; a product stays what it is.
    """

    refund = WorkspaceForeignKey(Refund, on_delete=models.DO_NOTHING, related_name="lines")
    line_number = models.PositiveIntegerField(null=True)
    product = WorkspaceForeignKey(
        Product, on_delete=models.DO_NOTHING, null=True, related_name="refund_lines"
    )
    quantity = models.BigIntegerField()  # thousandths
    amount = models.BigIntegerField()  # base minor units
    original_amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "refund", "line_number"], name="refund_line_once"
            ),
            models.CheckConstraint(
                condition=Q(line_number__isnull=True) ^ Q(product_id__isnull=True),
                name="refund_line_names_one",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "refund"], name="refund_line_of_refund")]
