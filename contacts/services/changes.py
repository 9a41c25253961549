"""The change log: which contacts were touched, by which kind of fact."""

from __future__ import annotations

from collections.abc import Iterable

from contacts.bulk import insert_rows
from contacts.models import ChangeKind, ContactChange
from workspaces.models import Workspace
from workspaces.tenancy import workspace_id_of, workspace_scope


def touch_contacts(
    *, workspace: Workspace | int, contact_ids: Iterable[int], kind: ChangeKind
) -> None:
    """Log that something about these contacts changed; call it with the fact, in its transaction.

    One row a contact, however often it is named.
    """
    log_changes(workspace, ((contact_id, kind) for contact_id in set(contact_ids)))


def log_changes(workspace: Workspace | int, changes: Iterable[tuple[int, ChangeKind]]) -> None:
    """The same for several kinds at once."""
    rows = [(contact_id, int(kind)) for contact_id, kind in changes]
    if not rows:
        return
    with workspace_scope(workspace):
        insert_rows(ContactChange, workspace_id_of(workspace), ("contact_id", "kind"), rows)
