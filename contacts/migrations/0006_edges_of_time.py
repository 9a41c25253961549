from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Who changes by time alone: one range scan a table and column."""

    dependencies = [
        ('contacts', '0005_stated_absences_row_level_security'),
        ('workspaces', '0002_row_level_security'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='attributevalue',
            index=models.Index(fields=['workspace', 'valid_from'], include=('contact',), name='attribute_begins'),
        ),
        migrations.AddIndex(
            model_name='attributevalue',
            index=models.Index(condition=models.Q(('valid_to__isnull', False)), fields=['workspace', 'valid_to'], include=('contact',), name='attribute_ends'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(fields=['workspace', 'valid_from'], include=('contact',), name='consent_begins'),
        ),
        migrations.AddIndex(
            model_name='consent',
            index=models.Index(condition=models.Q(('valid_to__isnull', False)), fields=['workspace', 'valid_to'], include=('contact',), name='consent_ends'),
        ),
        migrations.AddIndex(
            model_name='contactcategory',
            index=models.Index(fields=['workspace', 'valid_from'], include=('contact',), name='contact_category_begins'),
        ),
        migrations.AddIndex(
            model_name='contactcategory',
            index=models.Index(condition=models.Q(('valid_to__isnull', False)), fields=['workspace', 'valid_to'], include=('contact',), name='contact_category_ends'),
        ),
        migrations.AddIndex(
            model_name='contacttag',
            index=models.Index(fields=['workspace', 'valid_from'], include=('contact',), name='contact_tag_begins'),
        ),
        migrations.AddIndex(
            model_name='contacttag',
            index=models.Index(condition=models.Q(('valid_to__isnull', False)), fields=['workspace', 'valid_to'], include=('contact',), name='contact_tag_ends'),
        ),
        migrations.AddIndex(
            model_name='listentry',
            index=models.Index(fields=['workspace', 'valid_from'], include=('contact',), name='list_entry_begins'),
        ),
        migrations.AddIndex(
            model_name='listentry',
            index=models.Index(condition=models.Q(('valid_to__isnull', False)), fields=['workspace', 'valid_to'], include=('contact',), name='list_entry_ends'),
        ),
    ]
