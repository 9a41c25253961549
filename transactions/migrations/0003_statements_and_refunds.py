from __future__ import annotations

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import workspaces.tenancy

STATUSES = [
    ("pending", "pending"),
    ("paid", "paid"),
    ("fulfilled", "fulfilled"),
    ("cancelled", "cancelled"),
    ("refunded", "refunded"),
    ("test", "test"),
]


class Migration(migrations.Migration):
    """Versions keep what the shop stated; refund lines keep what the refund named."""

    dependencies = [("transactions", "0002_row_level_security")]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="content_number",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="transaction",
            name="rate",
            field=models.DecimalField(decimal_places=10, default=Decimal(1), max_digits=20),
        ),
        migrations.AddField(
            model_name="transaction",
            name="refunded_shipping_amount",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="transaction",
            name="stated_status",
            field=models.CharField(
                choices=STATUSES, db_collation="C", default="paid", max_length=9
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="refundline",
            name="line_number",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="refundline",
            name="product",
            field=workspaces.tenancy.WorkspaceForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="refund_lines",
                to="transactions.product",
            ),
        ),
        workspaces.tenancy.AddCompositeKey("RefundLine", "product"),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("line_number__isnull", True), ("product_id__isnull", True), _connector="XOR"
                ),
                name="refund_line_names_one",
            ),
        ),
        migrations.AddIndex(
            model_name="refundline",
            index=models.Index(fields=["workspace", "refund"], name="refund_line_of_refund"),
        ),
    ]
