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
    ERASURE = "erasure", _("the contact was erased")
    DEFINITION = "definition", _("the definition changed")
    ACTIVATION = "activation", _("first count")
    PIN = "pin", _("put in or kept out by hand")
    CORRECTION = "correction", _("a miscount put right")


class MembershipEvent(WorkspaceModel):
    """Contacts that entered or left a segment. Entered less left is the segment's size, always.

    Contacts are counted without gaps in the order they were committed, so that a reader who
    remembers the last number misses none. A row is one contact, or many that went the same way
    for the same reason (a first count, say): then `contacts` holds them, by contact number, and
    they have the `count` numbers up to `number`.
    """

    number = models.BigIntegerField()  # of the row's last contact
    count = models.PositiveIntegerField(default=1)
    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="+")
    contact_id = models.BigIntegerField(null=True)  # no foreign key: it outlives the contact
    contacts = models.BinaryField(null=True)  # bits as they are (engine/sets.py); stored plain
    direction = models.CharField(
        max_length=7, choices=MembershipDirection.choices, db_collation="C"
    )
    cause = models.CharField(max_length=10, choices=MembershipCause.choices, db_collation="C")
    # {"leaves": [{"path": row that flipped, "holds": whether it holds now}], "kinds": kinds of
    # facts} of the definition `version_number`.
    reason = models.JSONField(default=dict)
    version_number = models.PositiveIntegerField()
    as_of = models.DateTimeField()  # the instant the membership was evaluated for
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "number"], name="membership_event_numbered"
            ),
            models.CheckConstraint(
                condition=Q(contact_id__isnull=False, contacts__isnull=True, count=1)
                | Q(contact_id__isnull=True, contacts__isnull=False),
                name="membership_event_of_whom",
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

    as_of = models.DateTimeField(null=True)  # null: never brought anywhere yet
    snapshot = models.TextField(blank=True, db_collation="C")  # engine/positions.py
    last_number = models.BigIntegerField(default=0)  # of events
    timed_at = models.DateTimeField(null=True)  # up to when windows that ran out were looked for
    lease_until = models.DateTimeField(null=True)  # a process keeps its sets in memory until then
    holder = models.CharField(max_length=40, blank=True, db_collation="C")
    corrections = models.BigIntegerField(default=0)  # contacts a recount found on the wrong side

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
    """Who was in a segment when its events up to `last_number` had happened (engine/sets.py).

    `size` is kept with every event; the members are written now and then, so that whoever takes
    a workspace over needn't read all its events.
    """

    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="+")
    version_number = models.PositiveIntegerField()
    is_live = models.BooleanField(default=True)  # False: stands still (archived, on demand, broken)
    last_number = models.BigIntegerField()
    members = models.BinaryField()  # packed
    size = models.BigIntegerField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "segment"], name="live_members_once"),
        ]
