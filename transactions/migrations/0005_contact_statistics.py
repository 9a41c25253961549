from __future__ import annotations

import django.db.models.deletion
import workspaces.tenancy
from django.db import migrations, models

from workspaces.tenancy import SecureTenantTables


class Migration(migrations.Migration):
    """One row of statistics a contact."""

    dependencies = [
        ('contacts', '0006_edges_of_time'),
        ('transactions', '0004_indexes_of_versions'),
        ('workspaces', '0002_row_level_security'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContactStatistics',
            fields=[
                ('contact', workspaces.tenancy.WorkspaceOneToOneField(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='statistics', serialize=False, to='contacts.contact')),
                ('settled_at', models.DateTimeField()),
                ('number_of_orders', models.BigIntegerField()),
                ('goods_amount', models.BigIntegerField(null=True)),
                ('shipping_amount', models.BigIntegerField(null=True)),
                ('total_amount', models.BigIntegerField(null=True)),
                ('smallest_order', models.BigIntegerField(null=True)),
                ('largest_order', models.BigIntegerField(null=True)),
                ('units', models.BigIntegerField(null=True)),
                ('margin', models.BigIntegerField(null=True)),
                ('first_at', models.DateTimeField(null=True)),
                ('last_at', models.DateTimeField(null=True)),
                ('sources', models.BigIntegerField()),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'indexes': [models.Index(fields=['workspace', 'settled_at'], include=('contact',), name='statistics_settled'), models.Index(fields=['workspace', 'first_at'], include=('contact', 'settled_at'), name='statistics_first'), models.Index(fields=['workspace', 'last_at'], include=('contact', 'settled_at'), name='statistics_last'), models.Index(fields=['workspace', 'number_of_orders'], include=('contact', 'settled_at'), name='statistics_number'), models.Index(fields=['workspace', 'goods_amount'], include=('contact', 'settled_at'), name='statistics_amount')],
            },
        ),
        SecureTenantTables('ContactStatistics'),
    ]
