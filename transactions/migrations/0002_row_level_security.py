from __future__ import annotations

from django.db import migrations

from workspaces.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    """Row-level security and composite keys on every table of the app."""

    dependencies = [
        ("transactions", "0001_initial"),
        ("tracking", "0002_row_level_security"),
    ]

    operations = [
        SecureTenantTables(
            "Brand",
            "ProductCategory",
            "Product",
            "ProductVariant",
            "ProductAccessory",
            "Rate",
            "Transaction",
            "LineItem",
            "LineProperty",
            "Refund",
            "RefundLine",
        ),
    ]
