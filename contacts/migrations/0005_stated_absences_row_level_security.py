from __future__ import annotations

from django.db import migrations

from workspaces.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    """Row-level security and composite keys of the stated absences."""

    dependencies = [
        ("contacts", "0004_stated_absences"),
    ]

    operations = [SecureTenantTables("StatedAbsence")]
