"""How many contacts have a tag, are in a category, stand on a list, have an attribute now."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from contacts.models import (
    AttributeDefinition,
    AttributeValue,
    Category,
    ContactCategory,
    ContactTag,
    ListEntry,
    StaticList,
    Tag,
)
from workspaces.models import Workspace

M = TypeVar("M", bound=Model)

_ROWS: dict[Any, tuple[Any, str]] = {
    Tag: (ContactTag, "tag"),
    Category: (ContactCategory, "category"),
    StaticList: (ListEntry, "static_list"),
    AttributeDefinition: (AttributeValue, "attribute"),
}


def with_sizes(subjects: QuerySet[M], workspace: Workspace) -> QuerySet[M]:
    """Add `size`: contacts that have it now (several values of one contact count once)."""
    model, key = _ROWS[subjects.model]
    rows = model.objects.in_workspace(workspace).filter(
        **{key: OuterRef("pk")}, valid_to__isnull=True
    )
    counted = rows.order_by().values(key).annotate(n=Count("contact", distinct=True)).values("n")
    size = Coalesce(Subquery(counted, output_field=IntegerField()), 0)
    return cast("QuerySet[M]", subjects.annotate(size=size))
