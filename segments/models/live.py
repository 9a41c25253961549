from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from segments.models.segments import Segment
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class MembershipDirection(models.TextChoices):
    """Which way a contact went."""

    ENTERED = "entered", _("entered")
    LEFT = "left", _("left")


class MembershipCause(models.TextChoices):
    """Why a membership changed (semantics 14). Journeys start only from causes they name."""

    FACT = "fact", _("a fact")
    EXPIRY = "expiry", _("time passed")
    ATTRIBUTE = "attribute", _("a detail changed")
    LATE_FACT = "late_fact", _("a late fact")
    IMPORT = "import", _("an import")
    MERGE = "merge", _("a merge")
    DEFINITION = "definition", _("the definition changed")
    ACTIVATION = "activation", _("first count")
    PIN = "pin", _("put in or kept out by hand")


class MembershipEvent(WorkspaceModel):
    """A contact entered or left a segment. Entered less left is the segment's size, always.

    `number` counts the workspace's events without gaps in the order they were committed, so that
    a reader who remembers the last one misses none.
    """

    number = models.BigIntegerField()
    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="+")
    contact_id = models.BigIntegerField()  # no foreign key: it outlives the contact
    direction = models.CharField(
        max_length=7, choices=MembershipDirection.choices, db_collation="C"
    )
    cause = models.CharField(max_length=10, choices=MembershipCause.choices, db_collation="C")
    # {"leaves": paths that flipped, "kinds": kinds of facts} of the definition `version_number`.
    reason = models.JSONField(default=dict)
    version_number = models.PositiveIntegerField()
    as_of = models.DateTimeField()  # the instant the membership was evaluated for
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "number"], name="membership_event_numbered"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "segment", "number"], name="membership_of_segment"),
            models.Index(fields=["workspace", "contact_id", "number"], name="membership_of_person"),
        ]


class LiveState(WorkspaceModel):
    """How far a workspace's live membership has been brought: one row a workspace.

    Whoever brings it further holds the row's lock, so that there is one writer of events.
    """

    as_of = models.DateTimeField()
    snapshot = models.TextField(db_collation="C")  # engine/positions.py
    last_number = models.BigIntegerField(default=0)  # of events
    timed_at = models.DateTimeField(null=True)  # up to when windows that ran out were looked for
    lease_until = models.DateTimeField(null=True)  # a process keeps its sets in memory until then
    holder = models.CharField(max_length=40, blank=True, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="live_state_once"),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"], condition=Q(lease_until__isnull=False), name="live_lease"
            ),
        ]


class LiveMembers(WorkspaceModel):
    """Who was in a segment when its events up to `last_number` had happened (engine/sets.py)."""

    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="+")
    version_number = models.PositiveIntegerField()
    last_number = models.BigIntegerField()
    members = models.BinaryField()  # packed
    size = models.BigIntegerField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "segment"], name="live_members_once"),
        ]
