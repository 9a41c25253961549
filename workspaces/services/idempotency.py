"""Answers kept for requests that carry an `Idempotency-Key`.

The answer is stored in the transaction of the work it reports, so one can't exist without the
other; while that transaction runs, an advisory lock tells others that the key is in use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from workspaces.models import IdempotencyRecord, Workspace
from workspaces.tenancy import workspace_scope

ANSWERS_ARE_KEPT = timedelta(hours=48)


class IdempotencyInFlightError(Exception):
    """Another request with this key is being answered right now."""


class IdempotencyConflictError(Exception):
    """The key was used for a different request."""


@dataclass(frozen=True)
class StoredAnswer:
    """What was answered the first time."""

    status: int
    body: str


def recall_answer(
    *, workspace: Workspace, key: str, route: str, request_hash: str, now: datetime
) -> StoredAnswer | None:
    """The stored answer, or None for a new request, which then holds the key until it commits.

    Raises `IdempotencyInFlightError` and `IdempotencyConflictError`. Call inside the transaction
    that does the work.
    """
    with workspace_scope(workspace):
        if not _hold(workspace, key, route):
            raise IdempotencyInFlightError
        record = (
            IdempotencyRecord.objects.in_workspace(workspace).filter(key=key, route=route).first()
        )
        if record is None:
            return None
        if record.expires_at <= now:
            record.delete()
            return None
    if record.request_hash != request_hash:
        raise IdempotencyConflictError
    return StoredAnswer(status=record.status, body=record.body)


def store_answer(
    *,
    workspace: Workspace,
    key: str,
    route: str,
    request_hash: str,
    answer: StoredAnswer,
    now: datetime,
) -> None:
    """Keep the answer beside the work it reports."""
    with workspace_scope(workspace):
        IdempotencyRecord.objects.create(
            workspace=workspace,
            key=key,
            route=route,
            request_hash=request_hash,
            status=answer.status,
            body=answer.body,
            created_at=now,
            expires_at=now + ANSWERS_ARE_KEPT,
        )


def forget_expired_answers(*, workspace: Workspace | int, now: datetime) -> int:
    """Delete what has outlived its 48 hours; answers how many."""
    with workspace_scope(workspace):
        expired = IdempotencyRecord.objects.in_workspace(workspace).filter(expires_at__lte=now)
        return expired.delete()[0]


def _hold(workspace: Workspace, key: str, route: str) -> bool:
    digest = hashlib.sha256(f"{workspace.pk}\0{route}\0{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)",
            [int.from_bytes(digest[:8], "big", signed=True)],
        )
        row = cursor.fetchone()
    return bool(row and row[0])
