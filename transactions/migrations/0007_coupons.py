from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Purchases by coupon: a discount code asks who used it."""

    dependencies = [
        ("contacts", "0008_origin_of_changes"),
        ("tracking", "0004_edges_of_time"),
        ("transactions", "0006_fill_statistics"),
        ("workspaces", "0002_row_level_security"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("coupon", ""), _negated=True),
                fields=["workspace", "coupon", "occurred_at"],
                name="transaction_by_coupon",
            ),
        ),
    ]
