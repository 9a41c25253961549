from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Codes by the purchase they were used in."""

    dependencies = [
        ("campaigns", "0002_row_level_security"),
        ("contacts", "0008_origin_of_changes"),
        ("transactions", "0007_coupons"),
        ("workspaces", "0002_row_level_security"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="discountcode",
            index=models.Index(
                condition=models.Q(("transaction__isnull", False)),
                fields=["workspace", "transaction"],
                name="discount_code_used",
            ),
        ),
    ]
