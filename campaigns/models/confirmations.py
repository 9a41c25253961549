from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from contacts.models import Contact
from workspaces.tenancy import WorkspaceForeignKey, WorkspaceModel


class ConfirmationRequest(WorkspaceModel):
    """A contact is asked by e-mail to confirm a consent; the address in the letter works once."""

    contact = WorkspaceForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="confirmation_requests"
    )
    topic = models.CharField(max_length=60, blank=True, db_collation="C")  # "" is everything
    address = models.CharField(max_length=320)
    address_hash = models.BinaryField(max_length=32)
    source = models.CharField(max_length=60, blank=True)  # where they asked for it
    ip_address = models.GenericIPAddressField(null=True)  # and from which address
    wording = models.CharField(max_length=200, blank=True)  # version of the text they agreed to
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)  # when the letter is tried next; null: done with
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="confirmation_lasts"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "contact", "topic"], name="confirmation_contact"),
            models.Index(
                fields=["workspace", "address_hash", "asked_at"], name="confirmation_address"
            ),
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="confirmation_waiting"
            ),
        ]
