from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Further counts of an import: contacts made on the way."""

    dependencies = [
        ("contacts", "0002_row_level_security"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="report",
            field=models.JSONField(default=dict),
        ),
    ]
