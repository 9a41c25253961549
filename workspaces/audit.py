"""The audit log: who did what, append-only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models

from workspaces.models import AuditEntry
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope


def record_audit(
    *,
    actor: Actor,
    action: str,
    now: datetime,
    subject: models.Model | None = None,
    details: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry: `action` is "<object>.<past tense>" ("segment.changed").

    `details` must be JSON and must hold no personal data of contacts: entries outlive erasure.
    """
    with workspace_scope(actor.workspace):
        return AuditEntry.objects.create(
            workspace=actor.workspace,
            at=now,
            actor=actor.label[:200],
            actor_kind=actor.kind,
            user=actor.user,
            action=action,
            object_type=subject._meta.model_name or "" if subject is not None else "",
            object_id=str(subject.pk) if subject is not None else "",
            object_label=str(subject)[:200] if subject is not None else "",
            details=dict(details or {}),
            request_id=actor.request_id,
        )
