from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """What became of the messages of a campaign: one range scan each."""

    dependencies = [
        ("contacts", "0008_origin_of_changes"),
        ("tracking", "0004_edges_of_time"),
        ("workspaces", "0002_row_level_security"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("campaign_key", ""), _negated=True),
                fields=["workspace", "campaign_key", "sent_at"],
                include=("contact",),
                name="message_by_campaign",
            ),
        ),
        migrations.AddIndex(
            model_name="messageevent",
            index=models.Index(
                condition=models.Q(("campaign_key", ""), _negated=True),
                fields=["workspace", "campaign_key", "kind", "occurred_at"],
                include=("contact", "message", "is_machine"),
                name="message_event_by_campaign",
            ),
        ),
    ]
