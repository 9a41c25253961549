from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import workspaces.tenancy


def confirmations() -> django.contrib.postgres.fields.ArrayField:
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.DateTimeField(), null=True, size=None
    )


class Migration(migrations.Migration):
    """Everything that was stated, so that the order of arrival never matters."""

    dependencies = [
        ("contacts", "0003_label_confirmations"),
        ("workspaces", "0001_initial"),
    ]

    operations = [
        migrations.AddField("attributevalue", "confirmations", confirmations()),
        migrations.AddField("contacttag", "confirmations", confirmations()),
        migrations.AddField("contactcategory", "confirmations", confirmations()),
        migrations.AddField("consent", "confirmations", confirmations()),
        migrations.CreateModel(
            name="StatedAbsence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Attribute"), (2, "Tag"), (3, "Category")]
                    ),
                ),
                ("subject", models.CharField(blank=True, db_collation="C", max_length=120)),
                (
                    "instants",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), size=None
                    ),
                ),
                (
                    "contact",
                    workspaces.tenancy.WorkspaceForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="absences",
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "contact", "kind", "subject"), name="absence_once"
                    )
                ],
            },
        ),
    ]
