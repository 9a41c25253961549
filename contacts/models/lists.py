from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacts.models.people import Contact
from contacts.models.validity import validity_indexes
from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
)


class StaticList(WorkspaceModel):
    """A list whose contacts are put on it by hand, import or by freezing a segment."""

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="list_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class ListEntry(WorkspaceModel):
    """A contact on a static list, for as long as it was there."""

    static_list = WorkspaceForeignKey(
        StaticList, on_delete=models.DO_NOTHING, related_name="entries"
    )
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="list_entries")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "static_list"],
                condition=Q(valid_to__isnull=True),
                name="list_entry_once",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="list_entry_lasts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "static_list", "valid_from"],
                include=["contact", "valid_to"],
                name="list_entry_leaf",
            ),
            models.Index(fields=["workspace", "contact"], name="list_entry_of_contact"),
            *validity_indexes("list_entry"),
        ]
