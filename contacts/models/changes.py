from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from workspaces.tenancy import (
    WorkspaceModel,
)


class ChangeKind(models.IntegerChoices):
    """Which kind of fact about a contact changed."""

    CONTACT = 1
    ATTRIBUTE = 2
    TAG = 3
    CONSENT = 4
    LIST = 5
    VISIT = 6
    ACTIVITY = 7
    MESSAGE = 8
    TRANSACTION = 9
    MERGE = 10
    PIN = 11  # put into or kept out of a segment by hand
    VOCABULARY = 12  # what names and kinds mean; its contact is nobody's and stands for all


class ChangeOrigin(models.IntegerChoices):
    """Which way a fact came."""

    DIRECT = 0  # a shop, a browser, a person, a job
    IMPORT = 1  # a file: nothing that just happened


# In the place of a contact's id: everybody may be concerned.
EVERYBODY = 0


class ContactChange(WorkspaceModel):
    """The change log: one row a touched contact and kind, written with the fact itself.

    `xid` is the writing transaction's id, so that a reader can find late committers.
    """

    contact_id = models.BigIntegerField()  # no foreign key: it outlives the contact
    kind = models.PositiveSmallIntegerField(choices=ChangeKind.choices)
    xid = models.BigIntegerField(
        db_default=models.Func(
            models.Func(function="pg_current_xact_id"),
            template="(%(expressions)s::text::bigint)",
            output_field=models.BigIntegerField(),
        )
    )
    at = models.DateTimeField(db_default=Now())
    origin = models.PositiveSmallIntegerField(
        choices=ChangeOrigin.choices, db_default=ChangeOrigin.DIRECT
    )

    class Meta:
        indexes = [models.Index(fields=["workspace", "xid"], name="contact_change_by_xid")]
