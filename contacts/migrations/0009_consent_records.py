from __future__ import annotations

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import workspaces.tenancy
from workspaces.tenancy import SecureTenantTables

KEEP = """
CREATE FUNCTION contacts_consentrecord_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM contacts_contact
        WHERE workspace_id = OLD.workspace_id AND id = OLD.contact_id AND erased_at IS NULL
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The record of consents is only ever added to.'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER keep BEFORE DELETE ON contacts_consentrecord
    FOR EACH ROW EXECUTE FUNCTION contacts_consentrecord_keep();
"""
FORGET = """
DROP TRIGGER keep ON contacts_consentrecord;
DROP FUNCTION contacts_consentrecord_keep();
"""

FILL = """
INSERT INTO contacts_consentrecord
    (workspace_id, contact_id, channel, topic, status, source, ip_address, wording, stated_at)
SELECT workspace_id, contact_id, channel, topic, status, source, ip_address, wording, valid_from
FROM contacts_consent WHERE workspace_id = %s ORDER BY valid_from, id
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """What was said before there was a record, as far as it is known."""
    database = schema_editor.connection
    workspaces = apps.get_model("workspaces", "Workspace").objects.using(database.alias)
    with database.cursor() as cursor:
        # Row-level security binds the owner too.
        for workspace_id in workspaces.order_by("pk").values_list("pk", flat=True):
            cursor.execute("SELECT set_config('app.workspace_id', %s, true)", [str(workspace_id)])
            cursor.execute(FILL, [workspace_id])
        cursor.execute("SELECT set_config('app.workspace_id', '', true)")


class Migration(migrations.Migration):
    """The record of what was said about consent; nobody changes it."""

    dependencies = [
        ("contacts", "0008_origin_of_changes"),
        ("workspaces", "0002_row_level_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("sms", "SMS"),
                            ("push", "Web push"),
                            ("phone", "Phone"),
                            ("post", "Post"),
                        ],
                        db_collation="C",
                        max_length=10,
                    ),
                ),
                ("topic", models.CharField(blank=True, db_collation="C", max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("granted", "given"),
                            ("pending", "awaiting confirmation"),
                            ("withdrawn", "withdrawn"),
                        ],
                        db_collation="C",
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=60)),
                ("ip_address", models.GenericIPAddressField(null=True)),
                ("wording", models.CharField(blank=True, max_length=200)),
                ("stated_at", models.DateTimeField()),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "contact",
                    workspaces.tenancy.WorkspaceForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="consent_records",
                        to="contacts.contact",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["workspace", "contact", "id"], name="consent_record_contact"
                    )
                ],
            },
        ),
        SecureTenantTables("ConsentRecord"),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(KEEP, FORGET),
    ]
