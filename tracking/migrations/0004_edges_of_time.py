from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Who changes by time alone: one range scan a table and column."""

    dependencies = [
        ('contacts', '0006_edges_of_time'),
        ('tracking', '0003_repeated_facts_and_ends_of_visits'),
        ('workspaces', '0002_row_level_security'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(fields=['workspace', 'occurred_at'], include=('contact',), name='activity_by_time'),
        ),
        migrations.AddIndex(
            model_name='marketingaction',
            index=models.Index(fields=['workspace', 'occurred_at'], include=('contact',), name='marketing_action_by_time'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['workspace', 'sent_at'], include=('contact',), name='message_by_time'),
        ),
        migrations.AddIndex(
            model_name='messageevent',
            index=models.Index(fields=['workspace', 'occurred_at'], include=('contact',), name='message_event_by_time'),
        ),
        migrations.AddIndex(
            model_name='pageview',
            index=models.Index(fields=['workspace', 'occurred_at'], include=('contact',), name='page_view_by_time'),
        ),
    ]
