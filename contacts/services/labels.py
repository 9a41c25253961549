"""Tags and categories: made, renamed, put on contacts and taken off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    AbsenceKind,
    Category,
    ChangeKind,
    Contact,
    ContactCategory,
    ContactTag,
    LabelModel,
    Tag,
)
from contacts.registry import refuse_if_used
from contacts.services import histories
from contacts.services.absences import (
    ALL_CATEGORIES,
    forget_absences,
    load_absences,
    of_category,
    of_tag,
    write_absences,
)
from contacts.services.changes import touch_contacts
from contacts.services.identity import Draft
from contacts.text import normalise
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

MAX_NAME_LENGTH = 120

L = TypeVar("L", Tag, Category)


def label_key(name: str) -> str:
    """The permanent key a tag or category gets from its first name."""
    return normalise(name)[:MAX_NAME_LENGTH]


def ensure_tags(workspace_id: int, names: Mapping[str, str]) -> dict[str, int]:
    """Ids by key; missing tags are made with these names."""
    return _ensure(Tag, workspace_id, names)


def ensure_categories(workspace_id: int, names: Mapping[str, str]) -> dict[str, int]:
    """Ids by key; missing categories are made with these names."""
    return _ensure(Category, workspace_id, names)


def _ensure(
    model: type[Tag] | type[Category], workspace_id: int, names: Mapping[str, str]
) -> dict[str, int]:
    if not names:
        return {}
    known = model.objects.in_workspace(workspace_id).filter(key__in=list(names))
    ids = dict(known.values_list("key", "id"))
    missing = names.keys() - ids.keys()
    if missing:
        model.objects.bulk_create(
            [
                model(  # type: ignore[misc]
                    workspace_id=workspace_id, key=key, name=names[key][:MAX_NAME_LENGTH]
                )
                for key in sorted(missing)
            ],
            ignore_conflicts=True,
        )
        ids = dict(known.all().values_list("key", "id"))
    return ids


def create_tag(*, workspace: Workspace, name: str) -> Tag:
    """A tag of this name; the one that exists when there is one."""
    return _create(Tag, workspace, name)


def create_category(*, workspace: Workspace, name: str) -> Category:
    """A category of this name; the one that exists when there is one."""
    return _create(Category, workspace, name)


def _create(model: type[L], workspace: Workspace, name: str) -> L:
    name = _checked(name)
    with workspace_scope(workspace):
        key = label_key(name)
        _ensure(model, workspace.pk, {key: name})
        return model.objects.in_workspace(workspace).get(key=key)


def rename_tag(*, workspace: Workspace, tag_id: int, name: str) -> Tag:
    """Change what it is called; its key, which segments name, stays. Raises `DoesNotExist`."""
    return _rename(Tag, workspace, tag_id, name)


def rename_category(*, workspace: Workspace, category_id: int, name: str) -> Category:
    """Change what it is called; its key, which segments name, stays. Raises `DoesNotExist`."""
    return _rename(Category, workspace, category_id, name)


def _rename(model: type[L], workspace: Workspace, pk: int, name: str) -> L:
    name = _checked(name)
    with workspace_scope(workspace):
        label = model.objects.in_workspace(workspace).select_for_update().get(pk=pk)
        label.name = name
        label.save(update_fields=["name"])
        return label


def _checked(name: str) -> str:
    name = name.strip()
    if not name or "\x00" in name:
        raise ValidationError({"name": _("Give a name.")})
    if len(name) > MAX_NAME_LENGTH:
        raise ValidationError({"name": _("The name is longer than 120 characters.")})
    return name


def delete_tag(*, workspace: Workspace, tag_id: int) -> None:
    """Delete a tag with its history. Raises `InUseError` while a segment names it."""
    with workspace_scope(workspace):
        tag = Tag.objects.in_workspace(workspace).select_for_update().get(pk=tag_id)
        refuse_if_used(workspace, "tag", tag)
        taggings = ContactTag.objects.in_workspace(workspace).filter(tag=tag)
        _delete(workspace, tag, set(taggings.values_list("contact_id", flat=True)))


def delete_category(*, workspace: Workspace, category_id: int) -> None:
    """Delete a category with its history. Raises `InUseError` while a segment names it."""
    with workspace_scope(workspace):
        category = Category.objects.in_workspace(workspace).select_for_update().get(pk=category_id)
        refuse_if_used(workspace, "category", category)
        rows = ContactCategory.objects.in_workspace(workspace).filter(category=category)
        _delete(workspace, category, set(rows.values_list("contact_id", flat=True)))


def _delete(workspace: Workspace, label: LabelModel, contact_ids: Collection[int]) -> None:
    if isinstance(label, Tag):
        ContactTag.objects.in_workspace(workspace).filter(tag=label).delete()
        forget_absences(workspace.pk, of_tag(label.key))
        Tag.objects.in_workspace(workspace).filter(pk=label.pk).delete()
    else:
        ContactCategory.objects.in_workspace(workspace).filter(category=label.pk).delete()
        forget_absences(workspace.pk, of_category(label.pk))
        Category.objects.in_workspace(workspace).filter(pk=label.pk).delete()
    touch_contacts(workspace=workspace, contact_ids=contact_ids, kind=ChangeKind.TAG)


def tag_contacts(
    *,
    workspace: Workspace,
    contact_ids: Iterable[int],
    tag: str,
    now: datetime,
    source: str,
    observed_at: datetime | None = None,
) -> int:
    """Put a tag on contacts; a new one is made. How many contacts changed.

    Ids that are no live contacts of this workspace are passed over.
    """
    with workspace_scope(workspace):
        key = label_key(_checked(tag))
        tag_ids = ensure_tags(workspace.pk, {key: tag.strip()})
        return _state_tag(workspace, contact_ids, key, tag_ids, True, observed_at or now, source)


def untag_contacts(
    *,
    workspace: Workspace,
    contact_ids: Iterable[int],
    tag: str,
    now: datetime,
    source: str,
    observed_at: datetime | None = None,
) -> int:
    """Take a tag off contacts. How many contacts changed."""
    with workspace_scope(workspace):
        key = label_key(_checked(tag))
        known = Tag.objects.in_workspace(workspace).filter(key=key)
        tag_ids = dict(known.values_list("key", "id"))
        return _state_tag(workspace, contact_ids, key, tag_ids, None, observed_at or now, source)


def _state_tag(
    workspace: Workspace,
    contact_ids: Iterable[int],
    key: str,
    tag_ids: Mapping[str, int],
    value: bool | None,
    at: datetime,
    source: str,
) -> int:
    drafts = lock_contacts(workspace, contact_ids)
    histories.load_tags(workspace.pk, drafts, [key])
    load_absences(workspace.pk, drafts, [AbsenceKind.TAG])
    changed = [
        contact_id
        for contact_id, draft in drafts.items()
        if draft.timeline(draft.tags, key, of_tag(key)).state(value, at)
    ]
    histories.write_tags(workspace.pk, drafts.values(), tag_ids, source)
    write_absences(workspace.pk, drafts.values())
    touch_contacts(workspace=workspace, contact_ids=changed, kind=ChangeKind.TAG)
    return len(changed)


def categorise_contacts(
    *,
    workspace: Workspace,
    contact_ids: Iterable[int],
    category_id: int,
    is_member: bool,
    now: datetime,
    source: str,
) -> int:
    """Put contacts into a category, or take them out. How many contacts changed."""
    with workspace_scope(workspace):
        category = Category.objects.in_workspace(workspace).get(pk=category_id)
        drafts = lock_contacts(workspace, contact_ids)
        histories.load_categories(workspace.pk, drafts)
        load_absences(workspace.pk, drafts, [AbsenceKind.CATEGORY])
        subjects = (ALL_CATEGORIES, of_category(category.pk))
        changed = [
            contact_id
            for contact_id, draft in drafts.items()
            if draft.timeline(draft.categories, category.pk, *subjects).state(
                True if is_member else None, now
            )
        ]
        histories.write_categories(workspace.pk, drafts.values(), source)
        write_absences(workspace.pk, drafts.values())
        touch_contacts(workspace=workspace, contact_ids=changed, kind=ChangeKind.TAG)
        return len(changed)


def lock_contacts(workspace: Workspace, contact_ids: Iterable[int]) -> dict[int, Draft]:
    """Live contacts by id, locked against other writers of their histories."""
    contacts = Contact.objects.in_workspace(workspace).live().filter(pk__any_of=contact_ids)
    return {
        contact.pk: Draft(contact.pk, contact.external_id, contact.email_key, contact.known_since)
        for contact in contacts.order_by("pk").select_for_update(no_key=True)
    }
