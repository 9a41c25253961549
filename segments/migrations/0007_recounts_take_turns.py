from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0006_live_membership_at_scale"),
    ]

    operations = [
        migrations.AddField(
            model_name="recount",
            name="turns",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="recount",
            name="holder",
            field=models.CharField(blank=True, db_collation="C", default="", max_length=32),
        ),
    ]
