from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from campaigns.models.codes import DiscountCode
from contacts.models import Contact
from workspaces.models import User
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class RunKind(models.TextChoices):
    """Why there is a run."""

    REGULAR = "regular", _("send")
    TEST = "test", _("A/B test")  # a part of the audience gets one variant each
    REST = "rest", _("winner to the rest")
    RESEND = "resend", _("resend to non-openers")


class RunState(models.TextChoices):
    """Where a send stands."""

    SCHEDULED = "scheduled", _("scheduled")
    HELD = "held", _("held for confirmation")  # the guard wants a person to look
    FREEZING = "freezing", _("counting the audience")
    SENDING = "sending", _("sending")
    PAUSED = "paused", _("paused")
    FINISHED = "finished", _("finished")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


OPEN_STATES = (
    RunState.SCHEDULED,
    RunState.HELD,
    RunState.FREEZING,
    RunState.SENDING,
    RunState.PAUSED,
)


class Run(WorkspaceModel):
    """One send of a campaign to one frozen audience.

    `run_key` names the slot of the schedule or the click it came from: once each. What was sent is
    frozen here when the audience is: `content`, `settings`, `segments`.
    """

    campaign = WorkspaceForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="runs")
    kind = models.CharField(
        max_length=8, choices=RunKind.choices, default=RunKind.REGULAR, db_collation="C"
    )
    parent = WorkspaceForeignKey(
        "self", null=True, on_delete=models.DO_NOTHING, related_name="children"
    )  # the test of a rest, the send a resend repeats
    zone = models.CharField(max_length=64, blank=True)  # of whose contacts only; "": everybody's
    run_key = models.CharField(max_length=200, db_collation="C")
    state = models.CharField(
        max_length=10, choices=RunState.choices, default=RunState.SCHEDULED, db_collation="C"
    )
    scheduled_for = models.DateTimeField()
    as_of = models.DateTimeField(null=True)  # the instant the audience was frozen at
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    version_number = models.PositiveIntegerField(null=True)  # of the campaign
    audience = models.JSONField(null=True)
    content = models.JSONField(null=True)
    settings = models.JSONField(null=True)  # sender, topic, caps, codes, UTM, attribution
    segments = models.JSONField(null=True)  # the receipt's: version, definition, nodes, hash
    waterfall = models.JSONField(null=True)  # [{"step", "removed", "left"}], in order
    size = models.BigIntegerField(null=True)  # recipients
    winner = models.PositiveSmallIntegerField(null=True)  # of a finished test
    held_reasons = models.JSONField(default=list)  # [{"code", "message", …}]
    confirmed = models.JSONField(default=list)  # codes of what a person has confirmed
    confirmed_by = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # to freeze
    lease_until = models.DateTimeField(null=True)  # of who freezes, by the database's time
    started_by = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "campaign", "run_key"], name="run_once_a_slot"
            ),
        ]
        indexes = [
            models.Index(
                fields=["scheduled_for"],
                condition=Q(state__in=["scheduled", "freezing", "sending"]),
                name="run_open",
            ),
            models.Index(fields=["workspace", "campaign", "-scheduled_for"], name="run_newest"),
            models.Index(fields=["workspace", "-scheduled_for"], name="run_by_time"),
        ]

    def __str__(self) -> str:
        # Without the campaign's name: a label of the audit log must not ask the database.
        return f"{timezone.localtime(self.scheduled_for):%Y-%m-%d %H:%M}"


class RecipientState(models.TextChoices):
    """What became of one contact in one run."""

    QUEUED = "queued", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    DEFERRED = "deferred", _("will be tried again")
    FAILED = "failed", _("refused for good")
    UNKNOWN = "unknown", _("unknown")  # perhaps accepted, perhaps not: never repeated by itself
    SKIPPED = "skipped", _("left out")


class SkipReason(models.TextChoices):
    """Why a contact of the audience gets nothing; in the order of the waterfall."""

    EXCLUDED = "excluded", _("excluded")
    NO_ADDRESS = "no_address", _("no e-mail address")
    NO_CONSENT = "no_consent", _("no consent")
    SUPPRESSED = "suppressed", _("bounced or suppressed")
    CAPPED = "capped", _("had enough e-mails lately")
    HELD_OUT = "held_out", _("hold-out group")
    DUPLICATE = "duplicate", _("address already in this send")
    CANCELLED = "cancelled", _("the send was cancelled")  # later than the waterfall
    GONE = "gone", _("erased meanwhile")


class Recipient(WorkspaceModel):
    """A contact of a run's audience: sent to, or left out for a reason."""

    run = WorkspaceForeignKey(Run, on_delete=models.DO_NOTHING, related_name="recipients")
    contact = WorkspaceForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="campaign_recipients"
    )
    address = models.CharField(max_length=320, blank=True)
    address_hash = models.BinaryField(max_length=32, null=True)
    state = models.CharField(
        max_length=8,
        choices=RecipientState.choices,
        default=RecipientState.QUEUED,
        db_collation="C",
    )
    reason = models.CharField(
        max_length=10, choices=SkipReason.choices, blank=True, db_collation="C"
    )
    variant = models.PositiveSmallIntegerField(default=0)
    blocks = models.BigIntegerField(default=0)  # bit n: is in the run's n-th conditional segment
    code = WorkspaceForeignKey(
        DiscountCode, null=True, on_delete=models.DO_NOTHING, related_name="recipients"
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    holder = models.UUIDField(null=True)  # who is sending it
    lease_until = models.DateTimeField(null=True)  # by the database's time
    handed_over = models.BooleanField(default=False)  # the server may have got the content
    next_at = models.DateTimeField(null=True)  # when a deferred one is tried again
    sent_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True, db_collation="C")
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "run", "contact"], name="recipient_once_a_run"
            ),
            models.UniqueConstraint(
                fields=["workspace", "run", "address_hash"],
                condition=~Q(state="skipped"),
                name="recipient_address_once_a_run",
            ),
            models.CheckConstraint(
                condition=Q(state="skipped") | Q(address_hash__isnull=False),
                name="recipient_has_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "run", "id"],
                condition=Q(state="queued"),
                name="recipient_queued",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="recipient_leased"
            ),
            models.Index(
                fields=["next_at"], condition=Q(state="deferred"), name="recipient_deferred"
            ),
            models.Index(fields=["workspace", "run", "state", "reason"], name="recipient_by_state"),
            models.Index(fields=["workspace", "contact"], name="recipient_of_contact"),
            models.Index(
                fields=["workspace", "provider_id"],
                condition=~Q(provider_id=""),
                name="recipient_by_provider_id",
            ),
        ]


class TrackedLink(WorkspaceModel):
    """A destination of a campaign's links; addresses in messages carry only its id, signed."""

    campaign = WorkspaceForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="links")
    url = models.TextField()
    url_hash = models.BinaryField(max_length=32)  # SHA-256

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "campaign", "url_hash"], name="tracked_link_once"
            ),
        ]
