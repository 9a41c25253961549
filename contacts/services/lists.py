"""Static lists: made, filled, emptied."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext_lazy as _

from contacts.models import ChangeKind, ListEntry, StaticList
from contacts.registry import refuse_if_used
from contacts.services.changes import touch_contacts
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


def create_list(
    *,
    workspace: Workspace,
    name: str,
    now: datetime,
    description: str = "",
    contact_ids: Iterable[int] = (),
) -> StaticList:
    """A list, with its first contacts: a frozen segment is a list made of its members.

    Raises `ValidationError` by field; ids that are no live contacts are passed over.
    """
    with workspace_scope(workspace):
        static_list = StaticList(
            workspace=workspace,
            name=_name(workspace, name),
            description=_description(description),
        )
        static_list.save(force_insert=True)
        add_to_list(workspace=workspace, list_id=static_list.pk, contact_ids=contact_ids, now=now)
        return static_list


def change_list(
    *,
    workspace: Workspace,
    list_id: int,
    name: str | None = None,
    description: str | None = None,
) -> StaticList:
    """Rename or describe a list. Raises `DoesNotExist`, `ValidationError` by field."""
    with workspace_scope(workspace):
        found = StaticList.objects.in_workspace(workspace).select_for_update()
        static_list = found.get(pk=list_id)
        if name is not None:
            static_list.name = _name(workspace, name, besides=list_id)
        if description is not None:
            static_list.description = _description(description)
        static_list.save(update_fields=["name", "description"])
        return static_list


def delete_list(*, workspace: Workspace, list_id: int) -> None:
    """Delete a list with its history. Raises `InUseError` while a segment names it."""
    with workspace_scope(workspace):
        found = StaticList.objects.in_workspace(workspace)
        static_list = found.select_for_update().get(pk=list_id)
        refuse_if_used(workspace, "list", static_list)
        entries = ListEntry.objects.in_workspace(workspace).filter(static_list=static_list)
        contact_ids = set(entries.values_list("contact_id", flat=True))
        entries.delete()
        found.filter(pk=list_id).delete()
        touch_contacts(workspace=workspace, contact_ids=contact_ids, kind=ChangeKind.LIST)


def add_to_list(
    *, workspace: Workspace, list_id: int, contact_ids: Iterable[int], now: datetime
) -> int:
    """Put contacts on a list; how many were not on it. Raises `DoesNotExist`.

    Ids that are no live contacts of this workspace are passed over.
    """
    with workspace_scope(workspace):
        StaticList.objects.in_workspace(workspace).select_for_update(no_key=True).get(pk=list_id)
        # The entry that ended at this very instant goes on: nobody was off the list.
        added = _returned(
            "UPDATE contacts_listentry SET valid_to = NULL"
            " WHERE workspace_id = %s AND static_list_id = %s AND contact_id = ANY(%s)"
            " AND valid_to = %s RETURNING contact_id",
            [workspace.pk, list_id, ids := list(contact_ids), now],
        )
        added += _returned(
            "INSERT INTO contacts_listentry (workspace_id, static_list_id, contact_id, valid_from)"
            " SELECT workspace_id, %s, id, %s FROM contacts_contact"
            " WHERE workspace_id = %s AND id = ANY(%s)"
            " AND erased_at IS NULL AND merged_into_id IS NULL"
            " ON CONFLICT DO NOTHING RETURNING contact_id",
            [list_id, now, workspace.pk, ids],
        )
        touch_contacts(workspace=workspace, contact_ids=added, kind=ChangeKind.LIST)
        return len(added)


def remove_from_list(
    *, workspace: Workspace, list_id: int, contact_ids: Iterable[int], now: datetime
) -> int:
    """Take contacts off a list; how many were on it. Raises `DoesNotExist`."""
    with workspace_scope(workspace):
        StaticList.objects.in_workspace(workspace).select_for_update(no_key=True).get(pk=list_id)
        ids = list(contact_ids)
        removed = _returned(
            "UPDATE contacts_listentry SET valid_to = %s"
            " WHERE workspace_id = %s AND static_list_id = %s AND contact_id = ANY(%s)"
            " AND valid_to IS NULL AND valid_from < %s RETURNING contact_id",
            [now, workspace.pk, list_id, ids, now],
        )
        removed += _returned(
            "DELETE FROM contacts_listentry"
            " WHERE workspace_id = %s AND static_list_id = %s AND contact_id = ANY(%s)"
            " AND valid_to IS NULL RETURNING contact_id",
            [workspace.pk, list_id, ids],
        )
        touch_contacts(workspace=workspace, contact_ids=removed, kind=ChangeKind.LIST)
        return len(removed)


def _returned(statement: str, parameters: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [contact_id for (contact_id,) in cursor.fetchall()]


def _name(workspace: Workspace, name: str, *, besides: int | None = None) -> str:
    name = name.strip()
    if not name or "\x00" in name:
        raise ValidationError({"name": _("Give a name.")})
    if len(name) > 120:
        raise ValidationError({"name": _("The name is longer than 120 characters.")})
    others = StaticList.objects.in_workspace(workspace).filter(name=name)
    if besides is not None:
        others = others.exclude(pk=besides)
    if others.exists():
        raise ValidationError({"name": _("There is a list with this name.")})
    return name


def _description(description: str) -> str:
    if len(description) > 500 or "\x00" in description:
        raise ValidationError({"description": _("The description is longer than 500 characters.")})
    return description.strip()
