from __future__ import annotations

import django.db.models.deletion
import workspaces.tenancy
from django.db import migrations, models

from workspaces.tenancy import AllowClaiming, SecureTenantTables


class Migration(migrations.Migration):
    """Double opt-in: requests for confirmation, and who writes where no campaign says so."""

    dependencies = [
        ('campaigns', '0003_used_codes'),
        ('contacts', '0009_consent_records'),
        ('workspaces', '0002_row_level_security'),
    ]

    operations = [
        migrations.AddField(
            model_name='sendingsettings',
            name='from_email',
            field=models.CharField(blank=True, max_length=320),
        ),
        migrations.AddField(
            model_name='sendingsettings',
            name='from_name',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.CreateModel(
            name='ConfirmationRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(blank=True, db_collation='C', max_length=60)),
                ('address', models.CharField(max_length=320)),
                ('address_hash', models.BinaryField(max_length=32)),
                ('source', models.CharField(blank=True, max_length=60)),
                ('ip_address', models.GenericIPAddressField(null=True)),
                ('wording', models.CharField(blank=True, max_length=200)),
                ('asked_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('contact', workspaces.tenancy.WorkspaceForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='confirmation_requests', to='contacts.contact')),
                ('workspace', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='workspaces.workspace')),
            ],
            options={
                'indexes': [models.Index(fields=['workspace', 'contact', 'topic'], name='confirmation_contact'), models.Index(fields=['workspace', 'address_hash', 'asked_at'], name='confirmation_address'), models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='confirmation_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('asked_at'))), name='confirmation_lasts')],
            },
        ),
        SecureTenantTables("ConfirmationRequest"),
        AllowClaiming("ConfirmationRequest"),
    ]
