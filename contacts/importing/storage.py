"""Files and where their imports stand: taken in, checked, started, cancelled, forgotten.

A file is kept compressed for `CONTENT_LIFETIME` and then dropped with its refused rows: both hold
personal data.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from contacts.importing.analysis import (
    Analysis,
    analyse,
    columns_from_json,
    date_order_of,
    decimal_mark_of,
    facts_to_json,
    suggest_settings,
)
from contacts.importing.kinds import kind_of
from contacts.importing.reading import MAX_BYTES, UnreadableFileError
from contacts.importing.settings import ImportSettings, Problem, fields_by_key, find_problems
from contacts.importing.sniffing import refuse_what_is_no_table
from contacts.models import Import, ImportState, RejectedRow
from workspaces.audit import record_audit
from workspaces.models import Workspace
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import claimer_scope, workspace_scope

CONTENT_LIFETIME = timedelta(days=14)
HEAD_BYTES = 256 * 1024  # compressed, enough for a preview
STORE_TIMEOUT = "60s"  # a web request may take longer than usual to store 100 MiB


class ImportRefusedError(ValueError):
    """The import can't go on; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def take_in_file(
    *,
    actor: Actor,
    kind_key: str,
    file_name: str,
    data: bytes,
    now: datetime,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Import:
    """Store a file with what was detected. Raises `UnreadableFileError`, `UnknownKindError`."""
    require(actor, Action.WRITE_DATA)
    kind = kind_of(kind_key)
    refuse_what_is_no_table(data)
    workspace = actor.workspace
    with workspace_scope(workspace):
        analysis = analyse(
            data, kind=kind, workspace=workspace, encoding=encoding, delimiter=delimiter
        )
        _be_patient()
        import_run = Import.objects.create(
            workspace=workspace,
            kind=kind.key,
            file_name=file_name.replace("\x00", "")[-255:],
            content=zlib.compress(data, 1),
            size_bytes=len(data),
            settings=_described(
                analysis, suggest_settings(analysis, kind=kind, workspace=workspace)
            ),
            rows_total=analysis.rows,
            created_by=actor.user,
            created_at=now,
            expires_at=now + CONTENT_LIFETIME,
        )
        record_audit(
            actor=actor, action="import.uploaded", now=now, subject=import_run,
            details={"kind": kind.key, "rows": analysis.rows},
        )  # fmt: skip
    return import_run


def _described(analysis: Analysis, settings: ImportSettings) -> dict[str, Any]:
    return {"options": settings.to_json(), "facts": facts_to_json(analysis)}


def _be_patient() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [STORE_TIMEOUT])


def read_again(
    *, actor: Actor, import_run: Import, encoding: str, delimiter: str, now: datetime
) -> Import:
    """Read the stored file with another encoding or delimiter. Raises `UnreadableFileError`."""
    require(actor, Action.WRITE_DATA)
    workspace = actor.workspace
    kind = kind_of(import_run.kind)
    with workspace_scope(workspace):
        data = load_content(workspace=workspace, import_id=import_run.pk)
        analysis = analyse(
            data, kind=kind, workspace=workspace, encoding=encoding, delimiter=delimiter
        )
        import_run.settings = _described(
            analysis, suggest_settings(analysis, kind=kind, workspace=workspace)
        )
        import_run.rows_total = analysis.rows
        import_run.state = ImportState.UPLOADED
        import_run.save(update_fields=["settings", "rows_total", "state"])
    return import_run


def change_options(
    *, actor: Actor, import_run: Import, changes: Mapping[str, Any]
) -> ImportSettings:
    """Keep what a person decided: mapping, date format, decimal mark, currency, new attributes.

    Where the mapping changed and nothing was said about dates and numbers, they are detected anew.
    """
    require(actor, Action.WRITE_DATA)
    with workspace_scope(actor.workspace):
        settings = adjusted(actor.workspace, import_run, changes)
        import_run.settings = {**import_run.settings, "options": settings.to_json()}
        import_run.save(update_fields=["settings"])
    return settings


def adjusted(
    workspace: Workspace, import_run: Import, changes: Mapping[str, Any]
) -> ImportSettings:
    """The import's settings with some changed; nothing is stored."""
    before = ImportSettings.from_json(import_run.settings["options"])
    settings = replace(before, **changes)
    kind = kind_of(import_run.kind)
    fields = fields_by_key(kind, workspace, settings)
    columns = columns_from_json(import_run.settings["facts"])
    mapping = {at: key for at, key in settings.mapping.items() if 0 <= at < len(columns)}
    if not settings.date_format:
        settings = replace(settings, date_format=date_order_of(columns, mapping, fields).format)
    if not settings.decimal_mark:
        mark = decimal_mark_of(columns, mapping, fields, settings.delimiter)
        settings = replace(settings, decimal_mark=mark)
    return settings


def problems_of(workspace: Workspace, import_run: Import) -> list[Problem]:
    """What has to be settled before it can run."""
    settings = ImportSettings.from_json(import_run.settings["options"])
    headers = import_run.settings["facts"]["headers"]
    return find_problems(kind_of(import_run.kind), workspace, settings, headers)


def start_import(*, actor: Actor, import_run: Import, is_dry_run: bool, now: datetime) -> Import:
    """Hand it to the workers. Raises `ImportRefusedError` while something is unsettled."""
    require(actor, Action.WRITE_DATA)
    workspace = actor.workspace
    with workspace_scope(workspace):
        held = Import.objects.in_workspace(workspace).select_for_update().defer("content")
        current = held.get(pk=import_run.pk)
        if current.state in {ImportState.CHECKING, ImportState.RUNNING}:
            return current
        if current.state == ImportState.DONE:
            raise ImportRefusedError([Problem("done", _("This file has been imported."))])
        if current.expires_at <= now:
            raise ImportRefusedError([Problem("expired", _("The file has been deleted."))])
        if problems := problems_of(workspace, current):
            raise ImportRefusedError(problems)
        _reset(current, is_dry_run, now)
        record_audit(
            actor=actor, now=now, subject=current,
            action="import.checked" if is_dry_run else "import.started",
        )  # fmt: skip
    return current


def _reset(import_run: Import, is_dry_run: bool, now: datetime) -> None:
    """An import that stopped half-way goes on; everything else starts from the first row."""
    stopped = {ImportState.FAILED, ImportState.CANCELLED}
    goes_on = import_run.state in stopped and not import_run.is_dry_run and not is_dry_run
    if not goes_on:
        RejectedRow.objects.in_workspace(import_run.workspace_id).filter(
            import_run=import_run
        ).delete()
        for count in ("rows_done", "created_count", "updated_count", "unchanged_count"):
            setattr(import_run, count, 0)
        import_run.rejected_count = 0
        import_run.report = {}
        import_run.started_at = now
    import_run.is_dry_run = is_dry_run
    import_run.state = ImportState.CHECKING if is_dry_run else ImportState.RUNNING
    import_run.error = ""
    import_run.finished_at = None
    import_run.save(
        update_fields=[
            "rows_done", "created_count", "updated_count", "unchanged_count", "rejected_count",
            "report", "started_at", "is_dry_run", "state", "error", "finished_at",
        ]
    )  # fmt: skip


def cancel_import(*, actor: Actor, import_run: Import, now: datetime) -> None:
    """Stop after the chunk in hand; what is stored stays."""
    require(actor, Action.WRITE_DATA)
    with workspace_scope(actor.workspace):
        stopped = (
            Import.objects.in_workspace(actor.workspace)
            .filter(pk=import_run.pk, state__in=[ImportState.CHECKING, ImportState.RUNNING])
            .update(state=ImportState.CANCELLED, finished_at=now)
        )
        if stopped:
            record_audit(actor=actor, action="import.cancelled", now=now, subject=import_run)


# --- Content -------------------------------------------------------------------------------------


def load_content(*, workspace: Workspace, import_id: int) -> bytes:
    """The file as it was sent. Raises `UnreadableFileError` when it has been deleted."""
    stored = (
        Import.objects.in_workspace(workspace)
        .filter(pk=import_id)
        .values_list("content", flat=True)
        .get()
    )
    if stored is None:
        raise UnreadableFileError("expired", _("The file has been deleted."))
    return zlib.decompressobj().decompress(stored, MAX_BYTES + 1)


def load_head(*, workspace: Workspace, import_id: int) -> bytes:
    """The beginning of the file, for previews. Raises `UnreadableFileError`."""
    stored = (
        Import.objects.in_workspace(workspace)
        .filter(pk=import_id)
        .values_list(Substr("content", 1, HEAD_BYTES, output_field=models.BinaryField()), flat=True)
        .get()
    )
    if stored is None:
        raise UnreadableFileError("expired", _("The file has been deleted."))
    return zlib.decompressobj().decompress(stored, 8 * HEAD_BYTES)


def waiting_imports() -> list[tuple[int, int]]:
    """(workspace id, import id) of imports under way that no worker holds at this moment."""
    with claimer_scope():
        rows = (
            Import.objects.filter(state__in=[ImportState.CHECKING, ImportState.RUNNING])
            .select_for_update(skip_locked=True)
            .order_by("id")
            .values_list("workspace_id", "id")
        )
        return list(rows[:500])


def forget_expired_imports(*, now: datetime) -> int:
    """Drop files and refused rows whose time is over; returns how many imports."""
    with claimer_scope():
        due = list(
            Import.objects.filter(expires_at__lte=now, content__isnull=False)
            .order_by("id")
            .values_list("workspace_id", "id")[:1_000]
        )
    for workspace_id, import_id in due:
        with workspace_scope(workspace_id):
            held = Import.objects.in_workspace(workspace_id).defer("content")
            import_run = held.select_for_update().get(pk=import_id)
            RejectedRow.objects.in_workspace(workspace_id).filter(import_run=import_run).delete()
            import_run.content = None
            import_run.settings = {"facts": {"headers": [], "dates": {}, "numbers": {}}}
            if import_run.state not in {ImportState.DONE, ImportState.FAILED}:
                import_run.state = ImportState.CANCELLED
            import_run.save(update_fields=["content", "settings", "state"])
    return len(due)
