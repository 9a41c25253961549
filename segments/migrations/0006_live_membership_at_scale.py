from __future__ import annotations

from django.db import migrations, models

from workspaces.tenancy import AllowClaiming


class Migration(migrations.Migration):
    """Many contacts in one event, segments that stand still, and leases across workspaces."""

    dependencies = [
        ('segments', '0005_leaf_sets_and_live_membership'),
        ('contacts', '0008_origin_of_changes'),
        ('workspaces', '0002_row_level_security'),
    ]

    operations = [
        migrations.AddField(
            model_name='livemembers',
            name='is_live',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='livestate',
            name='corrections',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='membershipevent',
            name='contacts',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='membershipevent',
            name='count',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name='livestate',
            name='as_of',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='livestate',
            name='snapshot',
            field=models.TextField(blank=True, db_collation='C'),
        ),
        migrations.AlterField(
            model_name='membershipevent',
            name='cause',
            field=models.CharField(choices=[('fact', 'a fact'), ('expiry', 'time passed'), ('attribute', 'a detail changed'), ('late_fact', 'a late fact'), ('import', 'an import'), ('merge', 'a merge'), ('erasure', 'the contact was erased'), ('definition', 'the definition changed'), ('activation', 'first count'), ('pin', 'put in or kept out by hand'), ('correction', 'a miscount put right')], db_collation='C', max_length=10),
        ),
        migrations.AlterField(
            model_name='membershipevent',
            name='contact_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='membershipevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('contact_id__isnull', False), ('contacts__isnull', True), ('count', 1)), models.Q(('contact_id__isnull', True), ('contacts__isnull', False)), _connector='OR'), name='membership_event_of_whom'),
        ),
        AllowClaiming("LiveState"),
        # One byte of it is read to tell whether a contact is among many.
        migrations.RunSQL(
            "ALTER TABLE segments_membershipevent ALTER COLUMN contacts SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
    ]
