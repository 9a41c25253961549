from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contacts.models.people import Contact
from contacts.models.validity import validity_indexes
from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
)


class Channel(models.TextChoices):
    """How a contact can be reached."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Web push")
    PHONE = "phone", _("Phone")
    POST = "post", _("Post")


class ConsentStatus(models.TextChoices):
    """What the contact last said; no row means they were never asked."""

    GRANTED = "granted", _("given")
    PENDING = "pending", _("awaiting confirmation")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Consent(WorkspaceModel):
    """What a contact said about a channel and topic, for as long as it held."""

    contact = WorkspaceForeignKey(Contact, on_delete=models.DO_NOTHING, related_name="consents")
    channel = models.CharField(max_length=10, choices=Channel.choices, db_collation="C")
    topic = models.CharField(max_length=60, blank=True, db_collation="C")  # "" is everything
    status = models.CharField(max_length=10, choices=ConsentStatus.choices, db_collation="C")
    source = models.CharField(max_length=60, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    wording = models.CharField(max_length=200, blank=True)  # version of the text consented to
    observed_at = models.DateTimeField()  # last confirmed
    confirmations = ArrayField(models.DateTimeField(), null=True)  # since valid_from, ascending
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "contact", "channel", "topic"],
                condition=Q(valid_to__isnull=True),
                name="consent_one_current",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="consent_lasts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "channel", "topic", "status"],
                include=["contact", "valid_from", "valid_to"],
                name="consent_leaf",
            ),
            *validity_indexes("consent"),
        ]


class ConsentRecord(WorkspaceModel):
    """One statement about consent, as it was received: the proof of who said what, when and where.

    Only ever added to; the database refuses changes, and removal but for erased contacts.
    """

    contact = WorkspaceForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="consent_records"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, db_collation="C")
    topic = models.CharField(max_length=60, blank=True, db_collation="C")
    status = models.CharField(max_length=10, choices=ConsentStatus.choices, db_collation="C")
    source = models.CharField(max_length=60, blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    wording = models.CharField(max_length=200, blank=True)
    stated_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "contact", "id"], name="consent_record_contact"),
        ]


class SuppressionReason(models.TextChoices):
    """Why nothing may be sent to an address."""

    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    BOUNCED = "bounced", _("bounced")
    COMPLAINED = "complained", _("complained")
    MANUAL = "manual", _("blocked by hand")


class Suppression(WorkspaceModel):
    """An address nothing may be sent to; survives the contact, so it holds only a hash."""

    channel = models.CharField(max_length=10, choices=Channel.choices, db_collation="C")
    address_hash = models.BinaryField(max_length=32)  # HMAC-SHA256, workspace's suppression key
    reason = models.CharField(max_length=12, choices=SuppressionReason.choices, db_collation="C")
    source = models.CharField(max_length=60, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "channel", "address_hash", "reason"],
                condition=Q(valid_to__isnull=True),
                name="suppression_once",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "valid_from"], name="suppression_begins"),
            models.Index(
                fields=["workspace", "valid_to"],
                condition=Q(valid_to__isnull=False),
                name="suppression_ends",
            ),
        ]
