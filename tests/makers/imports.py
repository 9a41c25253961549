from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from contacts.importing import runner, storage
from contacts.models import Import, RejectedRow
from tests.makers.workspaces import NOW
from workspaces.models import Workspace
from workspaces.policies import Actor
from workspaces.tenancy import workspace_scope


def system(workspace: Workspace) -> Actor:
    return Actor(workspace=workspace, is_system=True)


def ticking_clock(start: datetime = NOW) -> Callable[[], datetime]:
    """A clock that is a little later each time it is read."""
    ticks = count()
    return lambda: start + timedelta(milliseconds=next(ticks))


def upload(
    workspace: Workspace, text: str | bytes, kind: str = "contacts", *, now: datetime = NOW
) -> Import:
    """A file taken in, as it stands before anybody decided anything."""
    data = text.encode() if isinstance(text, str) else text
    return storage.take_in_file(
        actor=system(workspace), kind_key=kind, file_name="file.csv", data=data, now=now
    )


def start(
    workspace: Workspace,
    text: str | bytes,
    kind: str = "contacts",
    *,
    is_dry_run: bool = False,
    now: datetime = NOW,
    **changes: Any,
) -> Import:
    """An import that workers may take."""
    import_run = upload(workspace, text, kind, now=now)
    if changes:
        storage.change_options(
            actor=system(workspace),
            import_run=import_run,
            changes={"date_format": "", "decimal_mark": "", **changes},
        )
    return storage.start_import(
        actor=system(workspace), import_run=import_run, is_dry_run=is_dry_run, now=now
    )


def run(workspace: Workspace, import_run: Import, *, now: datetime = NOW) -> Import:
    """The import after the workers are through with it."""
    runner.run_chunks(workspace=workspace, import_id=import_run.pk, clock=ticking_clock(now))
    return read_import(workspace, import_run)


def import_text(
    workspace: Workspace, text: str | bytes, kind: str = "contacts", **options: Any
) -> Import:
    """A file imported from beginning to end."""
    started = start(workspace, text, kind, **options)
    return run(workspace, started, now=options.get("now", NOW))


def read_import(workspace: Workspace, import_run: Import) -> Import:
    with workspace_scope(workspace):
        return Import.objects.in_workspace(workspace).get(pk=import_run.pk)


def reasons(workspace: Workspace, import_run: Import) -> dict[int, str]:
    """Why rows were refused, by line number."""
    with workspace_scope(workspace):
        rows = RejectedRow.objects.in_workspace(workspace).filter(import_run=import_run)
        return {row.line_number: row.reason for row in rows}


def counts(import_run: Import) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, rejected."""
    return (
        import_run.created_count,
        import_run.updated_count,
        import_run.unchanged_count,
        import_run.rejected_count,
    )
