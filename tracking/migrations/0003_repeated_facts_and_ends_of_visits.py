from __future__ import annotations

from datetime import UTC, datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    """Recognise repeated facts, and know when visits ended."""

    dependencies = [("tracking", "0002_row_level_security")]

    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name="content_number",
                field=models.BigIntegerField(default=0),
            )
            for name in ("visit", "activity", "message", "messageevent", "marketingaction")
        ),
        migrations.AddField(
            model_name="visit",
            name="ended_at",
            field=models.DateTimeField(default=datetime(1900, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="visit", name="ended_at", field=models.DateTimeField()
        ),
        migrations.AlterField(
            model_name="sourcecoverage",
            name="source",
            field=models.CharField(db_collation="C", max_length=80),
        ),
    ]
