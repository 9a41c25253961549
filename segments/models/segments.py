from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contacts.models import Contact
from workspaces.models import User
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class SegmentState(models.TextChoices):
    """Whether a segment's numbers may be trusted."""

    NEW = "new", _("not counted yet")
    FRESH = "fresh", _("counted")
    FAILED = "failed", _("failed")
    BROKEN = "broken", _("broken")  # a reference disappeared: shown, not recounted, not sent to


class Schedule(models.TextChoices):
    """How often a segment is recounted by itself."""

    NONE = "none", _("only on demand")
    QUARTER_HOUR = "quarter_hour", _("every 15 minutes")
    HOUR = "hour", _("every hour")
    DAY = "day", _("every day")
    WEEK = "week", _("every week")


class Segment(WorkspaceModel):
    """A saved criteria tree and its latest count. `definition` is {"version": 1, "where": tree}."""

    name = models.CharField(max_length=160)
    definition = models.JSONField()
    summary = models.TextField(blank=True)  # the sentence, in the workspace's language
    labels = models.JSONField(default=list)  # sorted names
    version_number = models.PositiveIntegerField(default=1)
    schedule = models.CharField(max_length=12, choices=Schedule.choices, default=Schedule.HOUR)
    next_due_at = models.DateTimeField(null=True)  # claimed with SKIP LOCKED
    state = models.CharField(
        max_length=8, choices=SegmentState.choices, default=SegmentState.NEW, db_collation="C"
    )
    error = models.TextField(blank=True)  # why it failed or is broken
    size = models.BigIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)  # the as_of of the latest count
    created_by = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(archived_at__isnull=True),
                name="segment_name_unique",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at"],
                condition=Q(archived_at__isnull=True, next_due_at__isnull=False),
                name="segment_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentVersion(WorkspaceModel):
    """A definition a segment once had."""

    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    author = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    author_label = models.CharField(max_length=200, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "segment", "number"], name="segment_version_unique"
            ),
        ]


class SegmentReference(WorkspaceModel):
    """`segment` names another object in its tree: kept on save, for used-in and protection."""

    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="references")
    kind = models.CharField(max_length=20, db_collation="C")  # segment, list, tag, attribute, …
    key = models.CharField(max_length=200, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "segment", "kind", "key"], name="segment_reference_once"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "kind", "key"], name="segment_reference_used_in"),
        ]


class PinDirection(models.TextChoices):
    """Pinned out wins over pinned in wins over the tree."""

    IN = "in", _("always in")
    OUT = "out", _("always out")


class SegmentPin(WorkspaceModel):
    """A contact put into or kept out of a segment by hand, for as long as it holds."""

    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="pins")
    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="+")
    direction = models.CharField(max_length=3, choices=PinDirection.choices, db_collation="C")
    note = models.CharField(max_length=200, blank=True)
    author_label = models.CharField(max_length=200, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "segment", "contact"],
                condition=Q(valid_to__isnull=True),
                name="segment_pin_once",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "contact"], name="segment_pin_of_contact")]


class RecountState(models.TextChoices):
    """Where a recount stands."""

    QUEUED = "queued", _("queued")
    RUNNING = "running", _("counting")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class RecountReason(models.TextChoices):
    """Why a segment was counted."""

    SAVED = "saved", _("saved")
    AD_HOC = "ad_hoc", _("on demand")
    SCHEDULE = "schedule", _("on schedule")
    SEND = "send", _("before a send")
    BACKFILL = "backfill", _("backfill")


class Recount(WorkspaceModel):
    """One counting of one segment. A slot (a due time, a version) is counted once."""

    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="recounts")
    slot = models.CharField(max_length=80, db_collation="C")
    reason = models.CharField(max_length=8, choices=RecountReason.choices)
    version_number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=9, choices=RecountState.choices, default=RecountState.QUEUED, db_collation="C"
    )
    as_of = models.DateTimeField(null=True)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)  # attempts that stood back for others
    # Recounts that one worker took together have the same.
    holder = models.CharField(max_length=32, blank=True, default="", db_collation="C")
    progress_done = models.PositiveIntegerField(default=0)  # of a backfill: days done
    progress_total = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(null=True)
    size = models.BigIntegerField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "segment", "slot"], name="recount_once_a_slot"
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                condition=Q(state__in=["queued", "running"]),
                name="recount_open",
            ),
            models.Index(fields=["workspace", "segment", "-requested_at"], name="recount_newest"),
            models.Index(fields=["workspace", "-started_at"], name="recount_last_turn"),
        ]


class Snapshot(WorkspaceModel):
    """A segment's members at an instant; previous + entered - left = size.

    `is_recorded`: counted then, with the definition of `version_number`. Otherwise recomputed
    later with that definition (the backfilled trend). `members` is a zlib-packed bitmap over
    contact numbers (see engine/sets.py).
    """

    segment = WorkspaceForeignKey(Segment, on_delete=models.DO_NOTHING, related_name="snapshots")
    recount = WorkspaceForeignKey(
        Recount, on_delete=models.DO_NOTHING, null=True, related_name="snapshots"
    )
    as_of = models.DateTimeField()
    version_number = models.PositiveIntegerField()
    is_recorded = models.BooleanField()
    reason = models.CharField(max_length=8, choices=RecountReason.choices)
    size = models.BigIntegerField()
    entered = models.BigIntegerField(default=0)
    left = models.BigIntegerField(default=0)
    universe = models.BigIntegerField(default=0)
    members = models.BinaryField()
    coverage = models.JSONField(default=list)  # sources not recorded yet at that instant
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    @property
    def last_day(self) -> datetime:
        """The last moment that counts: at a midnight, still the day that ends with it."""
        return self.as_of - timedelta(microseconds=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "segment", "is_recorded", "version_number", "as_of"],
                name="snapshot_once_an_instant",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "segment", "-as_of"], name="snapshot_newest"),
        ]
