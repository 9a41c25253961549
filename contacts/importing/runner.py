"""Running an import: chunk by chunk, each in one transaction with its counts.

The row of the import is locked for as long as a chunk takes, so the lock is the lease: it ends
with the worker, nothing is half done, and whoever takes the next chunk goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from contacts.importing.kinds import ImportKind, kind_of
from contacts.importing.rejected import store_rejected
from contacts.importing.settings import ImportSettings
from contacts.importing.storage import load_content
from contacts.importing.units import RefusedRow, Unit, read_units
from contacts.models import Contact, Import, ImportState
from contacts.services.changes import written_by_import
from workspaces.batches import ItemError, ItemResult, ItemStatus
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

log = structlog.get_logger(__name__)

CHUNK_ITEMS = 1_000
ACTIVE_STATES = (ImportState.CHECKING, ImportState.RUNNING)


@dataclass
class ChunkOutcome:
    """What became of the rows of a chunk."""

    rows: int = 0
    counts: Counter[ItemStatus] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)
    contacts_created: int = 0


class ContentGoneError(RuntimeError):
    """The file's time to live is over."""


def run_chunks(
    *,
    workspace: Workspace,
    import_id: int,
    clock: Callable[[], datetime],
    on_progress: Callable[[Import], None] = lambda import_run: None,
    may_go_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Take an import or its dry run as far as possible; True when nothing is left to do here.

    Stops early, and answers False, when `may_go_on` says so. Safe to call at any time, from
    several workers at once.
    """
    with workspace_scope(workspace):
        import_run = Import.objects.in_workspace(workspace).defer("content").get(pk=import_id)
        if import_run.state not in ACTIVE_STATES:
            return True
        content = load_content(workspace=workspace, import_id=import_id)
    run = _Run(workspace, import_run)
    try:
        for units in run.chunks(content):
            if not run.store(units, now=clock()):
                return True  # cancelled, finished, or in the hands of another worker
            on_progress(run.import_run)
            if not may_go_on():
                return False
    except (OperationalError, InterfaceError):
        raise  # the database was away: the import stays as it is and is taken up again
    except Exception:
        log.exception("import_failed", import_id=import_id)
        run.fail(now=clock())
        return True
    run.finish(now=clock())
    on_progress(run.import_run)
    return True


class _Run:
    """One worker's hold on an import."""

    def __init__(self, workspace: Workspace, import_run: Import) -> None:
        self.workspace = workspace
        self.import_run = import_run
        self.state = import_run.state
        self.kind: ImportKind = kind_of(import_run.kind)
        self.settings = ImportSettings.from_json(import_run.settings["options"])
        self.position = import_run.rows_done
        # A dry run leaves nothing behind, so it has to remember what the next chunk would find.
        self.would_exist: set[object] = set()

    def chunks(self, content: bytes) -> Iterator[list[Unit]]:
        """Units after the position, a thousand at a time."""
        chunk: list[Unit] = []
        to_skip = self.position
        with workspace_scope(self.workspace):
            units = read_units(
                content,
                kind=self.kind,
                workspace=self.workspace,
                settings=self.settings,
                headers=self.import_run.settings["facts"]["headers"],
            )
            first = next(units, None)  # reads the workspace's fields
        for unit in _with_first(first, units):
            if to_skip > 0:
                to_skip -= len(unit.records)
                continue
            chunk.append(unit)
            if len(chunk) == CHUNK_ITEMS:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def store(self, units: Sequence[Unit], *, now: datetime) -> bool:
        """Store a chunk and its counts together; False if it is no longer ours to store."""
        with workspace_scope(self.workspace):
            held = self._lock()
            if held is None or held.rows_done != self.position:
                return False
            outcome = self._attempt(units, now)
            store_rejected(self.workspace, held.pk, outcome.refused)
            self._count(held, outcome)
        self.import_run = held
        self.position = held.rows_done
        return True

    def _lock(self) -> Import | None:
        return (
            Import.objects.in_workspace(self.workspace)
            .select_for_update(skip_locked=True)
            .defer("content")
            .filter(pk=self.import_run.pk, state=self.state)
            .first()
        )

    def _attempt(self, units: Sequence[Unit], now: datetime) -> ChunkOutcome:
        """Call the service; a dry run undoes what it did."""
        outcome = ChunkOutcome(rows=sum(len(unit.records) for unit in units))
        good = [unit for unit in units if unit.item is not None]
        for unit in units:
            if unit.item is None:
                outcome.refused += unit.refused()
        if not good:
            return outcome
        with transaction.atomic():
            with written_by_import():
                results = self.kind.save(
                    workspace=self.workspace,
                    items=[unit.item for unit in good if unit.item is not None],
                    now=now,
                    define=self.settings.define,
                )
            self._note_results(good, results, outcome)
            self._note_new_contacts(outcome, now)
            if self.state == ImportState.CHECKING:
                transaction.set_rollback(True)
        return outcome

    def _note_results(
        self, units: Sequence[Unit], results: Sequence[ItemResult], outcome: ChunkOutcome
    ) -> None:
        for unit, result in zip(units, results, strict=True):
            if result.is_error:
                outcome.refused += unit.refused(describe_errors(result.errors))
                continue
            outcome.counts[self._status(unit, result)] += 1

    def _status(self, unit: Unit, result: ItemResult) -> ItemStatus:
        if self.state != ImportState.CHECKING or result.status != ItemStatus.CREATED:
            return result.status
        item = unit.item or {}
        key = next((item[name] for name in self.kind.key_fields if item.get(name)), None)
        if key in self.would_exist:
            return ItemStatus.UPDATED
        self.would_exist.add(key)
        return ItemStatus.CREATED

    def _note_new_contacts(self, outcome: ChunkOutcome, now: datetime) -> None:
        """Contacts made at this very instant are this chunk's: every chunk has its own clock."""
        made = Contact.objects.in_workspace(self.workspace).filter(
            created_at=now, created_by="import"
        )
        if self.state != ImportState.CHECKING:
            outcome.contacts_created = made.count()
            return
        for external_id, email_key in made.values_list("external_id", "email_key"):
            identity = ("contact", external_id or email_key)
            outcome.contacts_created += identity not in self.would_exist
            self.would_exist.add(identity)

    def _count(self, held: Import, outcome: ChunkOutcome) -> None:
        held.rows_done += outcome.rows
        held.created_count += outcome.counts[ItemStatus.CREATED]
        held.updated_count += outcome.counts[ItemStatus.UPDATED]
        held.unchanged_count += outcome.counts[ItemStatus.DUPLICATE]
        held.rejected_count += len(outcome.refused)
        made = held.report.get("contacts_created", 0) + outcome.contacts_created
        held.report = {**held.report, "contacts_created": made}
        held.save(
            update_fields=[
                "rows_done",
                "created_count",
                "updated_count",
                "unchanged_count",
                "rejected_count",
                "report",
            ]
        )

    def finish(self, *, now: datetime) -> None:
        """Say that all rows are through, unless somebody else said otherwise meanwhile."""
        is_check = self.state == ImportState.CHECKING
        self._close(ImportState.CHECKED if is_check else ImportState.DONE, "", now)

    def fail(self, *, now: datetime) -> None:
        """Stop for good; what was stored stays, and the import can be taken up again."""
        shown = _(
            "The import stopped after row %(row)s by an error on our side, which is in the"
            " log. What is stored stays; “Go on” tries the rest."
        ) % {"row": self.position}
        self._close(ImportState.FAILED, shown, now)

    def _close(self, state: ImportState, error: str, now: datetime) -> None:
        with workspace_scope(self.workspace):
            Import.objects.in_workspace(self.workspace).filter(
                pk=self.import_run.pk, state=self.state, rows_done=self.position
            ).update(state=state, error=error, finished_at=now)
            self.import_run = (
                Import.objects.in_workspace(self.workspace)
                .defer("content")
                .get(pk=self.import_run.pk)
            )


def _with_first(first: Unit | None, rest: Iterator[Unit]) -> Iterator[Unit]:
    if first is not None:
        yield first
        yield from rest


def describe_errors(errors: Sequence[ItemError]) -> str:
    """The reasons of a refused item in one line."""
    parts = []
    for error in errors:
        place = error.path.removeprefix("$").removeprefix(".")
        parts.append(f"{place}: {error.message}" if place else error.message)
    return "; ".join(parts)
