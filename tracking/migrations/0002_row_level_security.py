from __future__ import annotations

from django.db import migrations

from workspaces.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    """Row-level security and composite keys on every table of the app."""

    dependencies = [
        ("tracking", "0001_initial"),
        ("contacts", "0002_row_level_security"),
    ]

    operations = [
        SecureTenantTables(
            "Visit",
            "PageView",
            "ActivityKind",
            "ActivityParameter",
            "Activity",
            "ActivityValue",
            "Message",
            "MessageEvent",
            "MarketingAction",
            "SourceCoverage",
        ),
    ]
