from __future__ import annotations

from django.db import models
from django.db.models import Q


def validity_indexes(name: str) -> list[models.Index]:
    """Who changes by time alone between two instants: rows that begin, and rows that end."""
    return [
        models.Index(
            fields=["workspace", "valid_from"], include=["contact"], name=f"{name}_begins"
        ),
        models.Index(
            fields=["workspace", "valid_to"],
            include=["contact"],
            condition=Q(valid_to__isnull=False),
            name=f"{name}_ends",
        ),
    ]
