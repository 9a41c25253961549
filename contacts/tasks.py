"""Imports in the background: claimed chunk by chunk, so that a killed worker loses nothing."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import Any

from django.db import transaction
from django.utils import timezone, translation

from contacts.importing import runner, storage
from contacts.models import Import
from workspaces.models import Workspace
from workspaces.tasks import all_workspaces_task, workspace_task

SECONDS_AT_A_TIME = 240  # well under the time limit of tasks; a long import goes on in the next
TICK_SECONDS = 15


@workspace_task()
def run_import(*, workspace_id: int, import_id: int, **_: Any) -> None:
    """Run an import, or its dry run, as far as it goes. Safe to run twice, also at once."""
    workspace = Workspace.objects.filter(pk=workspace_id).first()
    if workspace is None:
        return
    until = monotonic() + SECONDS_AT_A_TIME
    with translation.override(workspace.language):
        is_done = runner.run_chunks(
            workspace=workspace,
            import_id=import_id,
            clock=timezone.now,
            may_go_on=lambda: monotonic() < until,
        )
    if not is_done:
        run_import.delay(workspace_id=workspace_id, import_id=import_id)


@all_workspaces_task()
def resume_imports(**_: Any) -> None:
    """Take up imports that no worker holds: theirs was killed, or the broker lost the message."""
    for workspace_id, import_id in storage.waiting_imports():
        run_import.apply_async(
            kwargs={"workspace_id": workspace_id, "import_id": import_id}, expires=TICK_SECONDS
        )


@all_workspaces_task()
def forget_expired_imports(**_: Any) -> None:
    """Drop files and refused rows whose time to live is over."""
    storage.forget_expired_imports(now=timezone.now())


def queue_import(import_run: Import) -> None:
    """Send an import to the workers once it is committed.

    If the broker is away, `resume_imports` finds the import a little later.
    """
    send = partial(run_import.delay, workspace_id=import_run.workspace_id, import_id=import_run.pk)
    transaction.on_commit(send, robust=True)
