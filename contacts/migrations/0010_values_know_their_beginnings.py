from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q

COLUMNS = {
    "attribute_text_now": "text_key",
    "attribute_number_now": "number",
    "attribute_date_now": "date",
    "attribute_instant_now": "instant",
}


class Migration(migrations.Migration):
    """Who has a value now is answered from the index alone: it says since when they have it."""

    dependencies = [("contacts", "0009_consent_records")]

    operations = [
        operation
        for name, column in COLUMNS.items()
        for operation in (
            migrations.RemoveIndex(model_name="attributevalue", name=name),
            migrations.AddIndex(
                model_name="attributevalue",
                index=models.Index(
                    fields=["workspace", "attribute", column],
                    include=["contact", "valid_from"],
                    condition=Q((f"{column}__isnull", False), ("valid_to__isnull", True)),
                    name=name,
                ),
            ),
        )
    ]
