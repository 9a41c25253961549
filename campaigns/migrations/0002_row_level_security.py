from __future__ import annotations

from django.db import migrations

from workspaces.tenancy import AllowClaiming, SecureTenantTables


class Migration(migrations.Migration):
    """Row-level security and composite keys on every table of the app."""

    dependencies = [
        ("campaigns", "0001_initial"),
        ("contacts", "0002_row_level_security"),
        ("transactions", "0002_row_level_security"),
    ]

    operations = [
        SecureTenantTables(
            "SendingSettings",
            "SendingAccount",
            "SenderDomain",
            "Topic",
            "CodePool",
            "DiscountCode",
            "Campaign",
            "CampaignReference",
            "SavedBlock",
            "Run",
            "Recipient",
            "TrackedLink",
        ),
        AllowClaiming("Campaign", "Run", "Recipient", "SendingAccount"),
    ]
