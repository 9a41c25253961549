from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from workspaces.tenancy import (
    WorkspaceForeignKey,
    WorkspaceModel,
)


class ImportState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", _("Uploaded")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Import(WorkspaceModel):
    """A file brought in: how it is read, how far it is, and what was refused.

    The file and its rejected rows have a time to live: they hold personal data.
    """

    kind = models.CharField(max_length=20)  # contacts, products, transactions, …
    file_name = models.CharField(max_length=255)
    content = models.BinaryField(null=True)  # the file itself, dropped at expires_at
    size_bytes = models.BigIntegerField(default=0)
    settings = models.JSONField(default=dict)  # delimiter, encoding, date format, mapping
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    is_dry_run = models.BooleanField(default=False)
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    created_count = models.BigIntegerField(default=0)
    updated_count = models.BigIntegerField(default=0)
    unchanged_count = models.BigIntegerField(default=0)
    rejected_count = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)  # further counts: {"contacts_created": 12}
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        "workspaces.User",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["workspace", "-created_at"], name="import_newest")]


class RejectedRow(WorkspaceModel):
    """A row an import refused, as it stood in the file, and why."""

    import_run = WorkspaceForeignKey(Import, on_delete=models.DO_NOTHING, related_name="rejected")
    line_number = models.BigIntegerField()
    row = models.JSONField()
    reason = models.CharField(max_length=500)

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "import_run", "line_number"], name="rejected_in_order"
            )
        ]
