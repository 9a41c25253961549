from __future__ import annotations

from django.db import migrations

from workspaces.tenancy import AllowClaiming, SecureTenantTables


class Migration(migrations.Migration):
    """Row-level security and composite keys on every table of the app."""

    dependencies = [
        ("contacts", "0001_initial"),
    ]

    operations = [
        SecureTenantTables(
            "ContactCounter",
            "Contact",
            "AttributeDefinition",
            "AttributeValue",
            "Tag",
            "Category",
            "ContactTag",
            "ContactCategory",
            "Consent",
            "Suppression",
            "StaticList",
            "ListEntry",
            "ContactChange",
            "Import",
            "RejectedRow",
        ),
        AllowClaiming("Import"),
    ]
