"""Contacts named by facts: found, or created by the fact itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from contacts.addresses import email_key, hash_address, read_email
from contacts.bulk import insert_rows
from contacts.models import AttributeDefinition, AttributeValue, ChangeKind, Contact
from contacts.services.builtins import ensure_builtin_attributes
from contacts.services.changes import log_changes
from contacts.services.documents import find_unstorable
from contacts.services.identity import (
    SHOWN,
    Directory,
    Draft,
    IdentityError,
    StaleDirectoryError,
    load_directory,
    lock_identities,
    take_ids,
)
from contacts.text import key_of
from workspaces.attempts import attempted
from workspaces.batches import ItemError
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


@dataclass(frozen=True, slots=True)
class ContactReference:
    """Whom a fact is about, and when it happened; an external id or an e-mail at least."""

    occurred_at: datetime
    external_id: str | None = None
    email: str | None = None


def find_or_create_contacts(
    *,
    workspace: Workspace,
    references: Sequence[ContactReference],
    now: datetime,
    source: str,
) -> list[int | ItemError]:
    """The contact id of each reference, in order, or why it names nobody.

    An unknown external id or e-mail creates the contact, known since the fact's time (facts of the
    future count as now). Known contacts become known since an earlier fact. Errors have paths from
    the reference: `$.external_id`, `$.email`, `$`. The contacts can't be merged away until the
    transaction ends; the caller logs its facts with `touch_contacts`.
    """
    with workspace_scope(workspace):
        checked = [_check(reference) for reference in references]
        try:
            # Mostly everybody is known already: nothing is written, nobody waits.
            with transaction.atomic():
                return _resolve(workspace, checked, now, source, may_write=False)
        except _MustWriteError:
            lock_identities(workspace.pk)
        return attempted(
            lambda: _resolve(workspace, checked, now, source, may_write=True),
            again_after=StaleDirectoryError,
        )


class _MustWriteError(Exception):
    """A reference makes or changes a contact."""


@dataclass(frozen=True, slots=True)
class _Checked:
    external_id: str | None
    address: str
    key: str
    occurred_at: datetime


def _check(reference: ContactReference) -> _Checked | ItemError:
    external_id, address = reference.external_id, ""
    if external_id is not None:
        external_id = external_id.strip()
        if not 0 < len(external_id) <= 200 or find_unstorable(external_id) is not None:
            return ItemError("$.external_id", "invalid_external_id", _("Give 1 to 200 characters."))
    if reference.email:
        try:
            address = read_email(reference.email)
        except ValueError as error:
            return ItemError("$.email", "invalid_email", str(error))
    return _Checked(external_id, address, email_key(address), reference.occurred_at)


def _resolve(
    workspace: Workspace,
    checked: Sequence[_Checked | ItemError],
    now: datetime,
    source: str,
    *,
    may_write: bool,
) -> list[int | ItemError]:
    valid = [each for each in checked if isinstance(each, _Checked)]
    directory = load_directory(
        workspace.pk,
        {each.external_id for each in valid if each.external_id is not None},
        {each.key for each in valid if each.key},
        "FOR NO KEY UPDATE" if may_write else "FOR KEY SHARE",
    )
    found = [
        each if isinstance(each, ItemError) else _find(directory, each, now) for each in checked
    ]
    new = [draft for draft in directory.drafts if draft.id is None]
    changed = [draft for draft in directory.drafts if draft.id is not None and draft.is_dirty]
    if not may_write and (new or changed):
        raise _MustWriteError
    # Contacts before the counter, like every other writer.
    _lower_known_since(workspace.pk, changed)
    take_ids(workspace.pk, new)
    _insert(workspace, new, now, source)
    log_changes(
        workspace,
        ((draft.id, ChangeKind.CONTACT) for draft in (*new, *changed) if draft.id is not None),
    )
    return [each.id or 0 if isinstance(each, Draft) else each for each in found]


def _find(directory: Directory, checked: _Checked, now: datetime) -> Draft | ItemError:
    at = min(checked.occurred_at, now)
    try:
        draft = directory.find(checked.external_id, checked.key)
    except IdentityError as error:
        return error.item_error
    if draft is None:
        shown = dict.fromkeys(SHOWN, "") | {"email": checked.address}
        return directory.add(Draft(None, checked.external_id, checked.key, at, shown))
    if checked.external_id is not None and draft.external_id is None:
        directory.identify(draft, checked.external_id)
    draft.became_known(at)
    return draft


def _insert(workspace: Workspace, drafts: Sequence[Draft], now: datetime, source: str) -> None:
    rows = [
        (
            draft.id,
            draft.external_id,
            draft.email_key,
            draft.known_since,
            now,
            source,
            *(draft.shown[name] for name in SHOWN),
        )
        for draft in drafts
    ]
    fields = ("id", "external_id", "email_key", "known_since", "created_at", "created_by", *SHOWN)
    insert_rows(Contact, workspace.pk, fields, rows)
    _insert_emails(workspace, [draft for draft in drafts if draft.email_key])


def _insert_emails(workspace: Workspace, drafts: Sequence[Draft]) -> None:
    """The e-mail a fact named is an attribute value like any other."""
    if not drafts:
        return
    definitions = AttributeDefinition.objects.in_workspace(workspace).filter(key="email")
    if not definitions.exists():
        ensure_builtin_attributes(workspace=workspace)
    definition = definitions.get()
    rows = [
        (
            draft.id,
            definition.pk,
            "",
            draft.shown["email"],
            draft.email_key,
            key_of(draft.email_key),
            hash_address(workspace=workspace, address=draft.email_key),
            draft.known_since,
            draft.known_since,
        )
        for draft in drafts
    ]
    fields = "contact attribute slot text text_norm text_key address_hash observed_at valid_from"
    insert_rows(AttributeValue, workspace.pk, fields.split(), rows)
    earliest = min(draft.known_since for draft in drafts)
    if definition.first_known_at is None or earliest < definition.first_known_at:
        definition.first_known_at = earliest
        definition.save(update_fields=["first_known_at"])


def _lower_known_since(workspace_id: int, drafts: Sequence[Draft]) -> None:
    """Only ever earlier: others may be doing the same."""
    if not drafts:
        return
    with connection.cursor() as cursor:
        # In the order of ids, so that two batches can't wait for each other; UPDATE has none.
        cursor.execute(
            "SELECT FROM contacts_contact WHERE workspace_id = %s AND id = ANY(%s)"
            " ORDER BY id FOR NO KEY UPDATE",
            [workspace_id, [draft.id for draft in drafts]],
        )
        cursor.execute(
            "UPDATE contacts_contact AS stored SET"
            " known_since = least(stored.known_since, given.known_since),"
            " external_id = coalesce(stored.external_id, given.external_id)"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[])"
            " AS given (id, known_since, external_id)"
            " WHERE stored.workspace_id = %s AND stored.id = given.id",
            [
                [draft.id for draft in drafts],
                [draft.known_since for draft in drafts],
                [draft.external_id for draft in drafts],
                workspace_id,
            ],
        )
