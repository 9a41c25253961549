from __future__ import annotations

from django.db import migrations

from workspaces.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    """Row-level security on the tenant tables of the app."""

    dependencies = [
        ("workspaces", "0001_initial"),
    ]

    operations = [
        SecureTenantTables("AuditEntry", "IdempotencyRecord"),
    ]
