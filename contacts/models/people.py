from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from workspaces.models import Workspace
from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
    WorkspaceQuerySet,
    workspace_id_of,
)

NUMBER_BITS = 31
NUMBER_MASK = 2**NUMBER_BITS - 1


def contact_id_of(workspace: Workspace | int, number: int) -> int:
    """`workspace id << 31 | contact number`: dense numbers per workspace make bitmaps small."""
    return workspace_id_of(workspace) << NUMBER_BITS | number


class ContactCounter(WorkspaceModel):
    """The next contact number of a workspace; numbers are dense and never reused."""

    id = models.BigAutoField(primary_key=True)
    next_number = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="counter_once_a_workspace"),
            models.CheckConstraint(
                condition=Q(next_number__gte=1, next_number__lt=2**NUMBER_BITS),
                name="contact_numbers_fit_bitmaps",
            ),
        ]

    def __str__(self) -> str:
        return str(self.next_number)


class ContactQuerySet(WorkspaceQuerySet["Contact"]):
    """Contacts by whether they exist at an instant."""

    def live(self) -> Self:
        """Neither erased nor merged into another contact."""
        return self.filter(erased_at__isnull=True, merged_into_id__isnull=True)

    def known_before(self, as_of: datetime) -> Self:
        """The universe of every evaluation: live contacts first known before the instant."""
        return self.live().filter(known_since__lt=as_of)


class Contact(WorkspaceModel):
    """A person the shop knows.

    Identity and what pages show at once; every detail that can change, with its history, is an
    `AttributeValue`. `email`, `phone`, the names and `time_zone` repeat the current value.
    """

    id = models.BigIntegerField(primary_key=True)
    external_id = models.CharField(max_length=200, null=True, db_collation="C")
    email = models.CharField(max_length=320, blank=True)
    email_key = models.CharField(max_length=320, blank=True, db_collation="C")  # normalised
    phone = models.CharField(max_length=40, blank=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    known_since = models.DateTimeField()  # earliest of creation, stated observed_at, first fact
    created_at = models.DateTimeField()  # added here
    created_by = models.CharField(max_length=20, default="api")  # api, import, form, tracker, demo
    erased_at = models.DateTimeField(null=True)
    merged_into = WorkspaceForeignKey(
        "self", on_delete=models.DO_NOTHING, null=True, related_name="+"
    )

    objects = ContactQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "external_id"], name="contact_external_id_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "email_key"], name="contact_by_email"),
            # The universe of an evaluation, newest contacts first on pages.
            models.Index(
                fields=["workspace", "known_since", "id"],
                condition=Q(erased_at__isnull=True, merged_into_id__isnull=True),
                name="contact_universe",
            ),
            models.Index(fields=["workspace", "created_at", "id"], name="contact_by_creation"),
            models.Index(
                fields=["workspace", "merged_into"],
                condition=Q(merged_into_id__isnull=False),
                name="contact_merged",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or self.external_id or f"#{self.number}"

    @property
    def number(self) -> int:
        number: int = self.id & NUMBER_MASK
        return number

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part)
