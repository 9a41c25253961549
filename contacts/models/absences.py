from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from contacts.models.people import Contact
from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
)


class AbsenceKind(models.IntegerChoices):
    """What a contact was said not to have."""

    ATTRIBUTE = 1
    TAG = 2
    CATEGORY = 3


class StatedAbsence(WorkspaceModel):
    """That a contact had no such value, tag or category, said while they had none anyway.

    The end of a period says by itself that something was taken away. What no period shows is
    kept here, so that an older statement that arrives later ends where this one begins. `subject`
    is the tag's key, or the id of the attribute or category; "" for the instants at which all
    categories were stated. Of an attribute with several choices, those at which it had none.
    """

    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="absences")
    kind = models.PositiveSmallIntegerField(choices=AbsenceKind.choices)
    subject = models.CharField(max_length=120, blank=True, db_collation="C")
    instants = ArrayField(models.DateTimeField())  # ascending

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "kind", "subject"], name="absence_once"
            ),
        ]
