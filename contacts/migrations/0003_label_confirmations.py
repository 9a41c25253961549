from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """When a tag or category was last confirmed, so that late statements don't undo it."""

    dependencies = [
        ("contacts", "0003_import_report"),
    ]

    operations = [
        migrations.AddField("contacttag", "observed_at", models.DateTimeField(null=True)),
        migrations.AddField("contactcategory", "observed_at", models.DateTimeField(null=True)),
    ]
