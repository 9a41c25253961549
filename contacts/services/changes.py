"""The change log: which contacts were touched, by which kind of fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from contacts.bulk import insert_rows
from contacts.models import EVERYBODY, ChangeKind, ChangeOrigin, ContactChange
from workspaces.bell import ring_on_commit
from workspaces.models import Workspace
from workspaces.tenancy import workspace_id_of, workspace_scope

# Longer than what any reader starts from (leaf sets: two days).
KEPT = timedelta(days=7)

_origin: ContextVar[ChangeOrigin] = ContextVar("origin_of_changes", default=ChangeOrigin.DIRECT)


@contextmanager
def written_by_import() -> Iterator[None]:
    """What is written in the block came from a file, and is logged as such."""
    token = _origin.set(ChangeOrigin.IMPORT)
    try:
        yield
    finally:
        _origin.reset(token)


def touch_contacts(
    *, workspace: Workspace | int, contact_ids: Iterable[int], kind: ChangeKind
) -> None:
    """Log that something about these contacts changed; call it with the fact, in its transaction.

    One row a contact, however often it is named.
    """
    log_changes(workspace, ((contact_id, kind) for contact_id in set(contact_ids)))


def touch_everybody(*, workspace: Workspace | int, kind: ChangeKind) -> None:
    """Log that something changed that can concern any contact (what a name stands for)."""
    log_changes(workspace, [(EVERYBODY, kind)])


def log_changes(workspace: Workspace | int, changes: Iterable[tuple[int, ChangeKind]]) -> None:
    """The same for several kinds at once. Rings for whoever follows changes, on commit."""
    rows = list(changes)
    if not rows:
        return
    with workspace_scope(workspace):
        write_changes(workspace_id_of(workspace), rows)


def write_changes(workspace_id: int, changes: Iterable[tuple[int, ChangeKind]]) -> None:
    """The same inside the workspace's scope: entering it once more costs four statements."""
    origin = int(_origin.get())
    rows = [(contact_id, int(kind), origin) for contact_id, kind in changes]
    insert_rows(ContactChange, workspace_id, ("contact_id", "kind", "origin"), rows)
    ring_on_commit(workspace_id)


def forget_changes(*, workspace: Workspace | int, now: datetime) -> int:
    """Drop what every reader has long seen, or starts without. How many rows went."""
    with workspace_scope(workspace):
        old = ContactChange.objects.in_workspace(workspace).filter(at__lt=now - KEPT)
        return old.delete()[0]
