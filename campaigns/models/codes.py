from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacts.models import Contact
from transactions.models import Transaction
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class CodePool(WorkspaceModel):
    """Discount codes to give away, uploaded or generated."""

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    prefix = models.CharField(max_length=20, blank=True)  # of generated ones
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(archived_at__isnull=True),
                name="code_pool_name_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DiscountCode(WorkspaceModel):
    """One code: free, or given to one contact by one campaign, and perhaps used in a purchase."""

    pool = WorkspaceForeignKey(CodePool, on_delete=models.DO_NOTHING, related_name="codes")
    code = models.CharField(max_length=60)
    code_key = models.CharField(max_length=60, db_collation="C")  # as coupons are compared
    campaign = WorkspaceForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.DO_NOTHING, related_name="codes"
    )
    contact = WorkspaceForeignKey(
        Contact, null=True, on_delete=models.DO_NOTHING, related_name="discount_codes"
    )
    given_at = models.DateTimeField(null=True)
    transaction = WorkspaceForeignKey(
        Transaction, null=True, on_delete=models.DO_NOTHING, related_name="discount_codes"
    )
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Over all pools: a coupon in a purchase must mean one code.
            models.UniqueConstraint(fields=["workspace", "code_key"], name="discount_code_unique"),
            models.UniqueConstraint(
                fields=["workspace", "campaign", "contact"],
                condition=Q(contact__isnull=False),
                name="discount_code_once_a_campaign",
            ),
            models.CheckConstraint(
                condition=Q(contact__isnull=True, campaign__isnull=True, given_at__isnull=True)
                | Q(campaign__isnull=False, given_at__isnull=False),
                name="discount_code_given_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "pool", "id"],
                condition=Q(given_at__isnull=True),
                name="discount_code_free",
            ),
            models.Index(
                fields=["workspace", "contact"],
                condition=Q(contact__isnull=False),
                name="discount_code_of_contact",
            ),
            models.Index(fields=["workspace", "pool", "given_at"], name="discount_code_given"),
            models.Index(
                fields=["workspace", "transaction"],
                condition=Q(transaction__isnull=False),
                name="discount_code_used",
            ),
        ]
