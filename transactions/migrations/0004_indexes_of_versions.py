from __future__ import annotations

import datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes that answer "as it stood" without the table, and where versions begin and end."""

    dependencies = [
        ('contacts', '0006_edges_of_time'),
        ('tracking', '0004_edges_of_time'),
        ('transactions', '0003_statements_and_refunds'),
        ('workspaces', '0002_row_level_security'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='lineitem',
            name='line_by_brand',
        ),
        migrations.RemoveIndex(
            model_name='lineitem',
            name='line_by_category',
        ),
        migrations.RemoveIndex(
            model_name='lineitem',
            name='line_by_product',
        ),
        migrations.RemoveIndex(
            model_name='lineitem',
            name='line_of_contact',
        ),
        migrations.RemoveIndex(
            model_name='transaction',
            name='transaction_of_contact',
        ),
        migrations.RemoveIndex(
            model_name='transaction',
            name='transaction_by_time',
        ),
        migrations.RemoveIndex(
            model_name='transaction',
            name='transaction_history',
        ),
        migrations.AddIndex(
            model_name='lineitem',
            index=models.Index(fields=['workspace', 'brand', 'occurred_at'], include=('contact', 'version_from', 'superseded_at', 'kind', 'status', 'amount', 'quantity'), name='line_by_brand'),
        ),
        migrations.AddIndex(
            model_name='lineitem',
            index=models.Index(fields=['workspace', 'category', 'occurred_at'], include=('contact', 'version_from', 'superseded_at', 'kind', 'status', 'amount', 'quantity'), name='line_by_category'),
        ),
        migrations.AddIndex(
            model_name='lineitem',
            index=models.Index(fields=['workspace', 'product', 'occurred_at'], include=('contact', 'version_from', 'superseded_at', 'kind', 'status', 'amount', 'quantity'), name='line_by_product'),
        ),
        migrations.AddIndex(
            model_name='lineitem',
            index=models.Index(fields=['workspace', 'contact', 'occurred_at'], include=('product', 'brand', 'category', 'version_from', 'superseded_at', 'kind', 'status', 'amount', 'quantity'), name='line_of_contact'),
        ),
        migrations.AddIndex(
            model_name='lineitem',
            index=models.Index(fields=['workspace', 'occurred_at'], include=('contact', 'version_from', 'superseded_at', 'kind', 'status', 'amount', 'quantity'), name='line_by_time'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['workspace', 'contact', 'occurred_at'], include=('version_from', 'superseded_at', 'kind', 'status', 'channel', 'is_paid_channel', 'goods_amount'), name='transaction_of_contact'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['workspace', 'occurred_at'], include=('contact', 'version_from', 'superseded_at', 'kind', 'status', 'channel', 'is_paid_channel', 'goods_amount'), name='transaction_by_time'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('version_from__gt', datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))), fields=['workspace', 'version_from'], include=('contact',), name='transaction_begins'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('superseded_at__isnull', False)), fields=['workspace', 'superseded_at'], include=('contact',), name='transaction_ends'),
        ),
    ]
