from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.codes import CodePool
from campaigns.models.settings import SendingAccount, Topic
from workspaces.models import User
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class CampaignState(models.TextChoices):
    """What a campaign's plan is; how a send of it goes is its run's state."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")  # has sends to come
    STOPPED = "stopped", _("stopped")  # by a person or by a fault; the last run says why
    DONE = "done", _("done")  # nothing is to come


class ConsentRule(models.TextChoices):
    """Who may be written to."""

    GRANTED = "granted", _("who has given consent")
    NOT_WITHDRAWN = "not_withdrawn", _("who has not withdrawn consent")


class Campaign(WorkspaceModel):
    """An e-mail to an audience, once or again and again.

    `audience`, `content`, `schedule` and `testing` are documents; campaigns/documents.py says
    what they hold and is the only validator of them.
    """

    name = models.CharField(max_length=160)
    state = models.CharField(
        max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT, db_collation="C"
    )
    audience = models.JSONField(default=dict)
    content = models.JSONField(default=dict)
    schedule = models.JSONField(default=dict)
    testing = models.JSONField(default=dict)  # A/B; empty: one variant
    account = WorkspaceForeignKey(
        SendingAccount, null=True, on_delete=models.DO_NOTHING, related_name="campaigns"
    )  # null: the workspace's default
    from_name = models.CharField(max_length=120, blank=True)
    from_email = models.CharField(max_length=320, blank=True)
    reply_to = models.CharField(max_length=320, blank=True)
    topic = WorkspaceForeignKey(
        Topic, null=True, on_delete=models.DO_NOTHING, related_name="campaigns"
    )
    consent_rule = models.CharField(
        max_length=14, choices=ConsentRule.choices, default=ConsentRule.GRANTED, db_collation="C"
    )
    ignores_cap = models.BooleanField(default=False)
    holdout_points = models.PositiveSmallIntegerField(default=0)  # of 10,000
    code_pool = WorkspaceForeignKey(
        CodePool, null=True, on_delete=models.DO_NOTHING, related_name="campaigns"
    )
    next_due_at = models.DateTimeField(null=True)  # claimed with SKIP LOCKED
    version_number = models.PositiveIntegerField(default=1)
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
                name="campaign_name_unique",
            ),
            models.CheckConstraint(
                condition=Q(holdout_points__lte=9000), name="campaign_holdout_leaves_some"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at"],
                condition=Q(archived_at__isnull=True, next_due_at__isnull=False),
                name="campaign_due",
            ),
            models.Index(fields=["workspace", "-changed_at"], name="campaign_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignReference(WorkspaceModel):
    """`campaign` names another object: kept on save, for used-in and protection."""

    campaign = WorkspaceForeignKey(Campaign, on_delete=models.DO_NOTHING, related_name="references")
    kind = models.CharField(max_length=20, db_collation="C")  # segment, list, brand, …
    key = models.CharField(max_length=200, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "campaign", "kind", "key"], name="campaign_reference_once"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "kind", "key"], name="campaign_reference_used_in"),
        ]


class SavedBlock(WorkspaceModel):
    """A block of content kept for other campaigns."""

    name = models.CharField(max_length=120)
    block = models.JSONField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="saved_block_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
