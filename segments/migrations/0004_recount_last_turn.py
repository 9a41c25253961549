from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segments", "0003_segment_summary")]

    operations = [
        migrations.AddIndex(
            model_name="recount",
            index=models.Index(fields=["workspace", "-started_at"], name="recount_last_turn"),
        ),
    ]
