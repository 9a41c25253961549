from __future__ import annotations

from django.db import migrations, models

from workspaces.tenancy import AllowClaiming


class Migration(migrations.Migration):
    """Facts out of files are told from others; the live process sees whose log has grown."""

    dependencies = [
        ('contacts', '0007_pins_and_vocabulary_change'),
    ]

    operations = [
        migrations.AddField(
            model_name='contactchange',
            name='origin',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Direct'), (1, 'Import')], db_default=0),
        ),
        AllowClaiming("ContactChange"),
    ]
