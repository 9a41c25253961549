"""Kinds of activities and their typed parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.models import ChangeKind
from contacts.registry import refuse_if_used
from contacts.services import touch_everybody
from tracking.models import Activity, ActivityKind, ActivityParameter, ParameterType
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
MAX_PARAMETERS = 100

# Every workspace starts with these; labels stay translatable until somebody renames them.
BUILTIN_KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "link_clicked": ("Link clicked", {"url": "Address", "link": "Link", "medium": "Medium"}),
    "form_submitted": ("Form submitted", {"form": "Form"}),
}


class KindInUseError(Exception):
    """A kind with recorded activities, or a built-in one, can't be deleted."""


def define_activity_kind(
    *,
    workspace: Workspace,
    key: str,
    label: str = "",
    is_engagement: bool = True,
    parameters: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> ActivityKind:
    """Declare a kind, or add to a known one; `parameters` are types by key.

    Calling it again changes nothing. Raises `ValidationError` for a malformed key, an unknown type
    or a parameter that is known with another type.
    """
    _check_keys(key, *(parameters or ()))
    with workspace_scope(workspace):
        kind, created = ActivityKind.objects.get_or_create(
            workspace_id=workspace.pk,
            key=key,
            defaults={"label": (label or key)[:120], "is_engagement": is_engagement},
        )
        _define_parameters(kind, parameters or {}, labels or {})
        if created:
            touch_everybody(workspace=workspace, kind=ChangeKind.VOCABULARY)
    return kind


def change_activity_kind(
    *,
    workspace: Workspace,
    kind_id: int,
    label: str | None = None,
    is_engagement: bool | None = None,
) -> ActivityKind:
    """Change what may change: never the key. Raises `ActivityKind.DoesNotExist`."""
    with workspace_scope(workspace):
        kind = ActivityKind.objects.in_workspace(workspace).select_for_update().get(pk=kind_id)
        if label is not None:
            if not label.strip():
                raise ValidationError({"label": _("Give the kind a name.")}, code="blank")
            kind.label = label.strip()[:120]
        kind.is_engagement = kind.is_engagement if is_engagement is None else is_engagement
        kind.save(update_fields=["label", "is_engagement"])
        touch_everybody(workspace=workspace, kind=ChangeKind.VOCABULARY)
    return kind


def delete_activity_kind(*, workspace: Workspace, kind_id: int) -> None:
    """Delete a kind nothing was recorded of; raises `KindInUseError` otherwise.

    Raises `InUseError` while a segment names it.
    """
    with workspace_scope(workspace):
        kind = ActivityKind.objects.in_workspace(workspace).select_for_update().get(pk=kind_id)
        recorded = Activity.objects.in_workspace(workspace).filter(kind_id=kind.pk).exists()
        if kind.is_builtin or recorded:
            raise KindInUseError
        refuse_if_used(workspace, "activity_kind", kind)
        ActivityParameter.objects.in_workspace(workspace).filter(kind_id=kind.pk).delete()
        ActivityKind.objects.in_workspace(workspace).filter(pk=kind.pk).delete()
        touch_everybody(workspace=workspace, kind=ChangeKind.VOCABULARY)


def define_builtin_kinds(*, workspace: Workspace) -> None:
    """Make what is missing of the kinds every workspace has."""
    with workspace_scope(workspace):
        ActivityKind.objects.bulk_create(
            [
                ActivityKind(workspace=workspace, key=key, label=label, is_builtin=True)
                for key, (label, _parameters) in BUILTIN_KINDS.items()
            ],
            ignore_conflicts=True,
        )
        rows = ActivityKind.objects.in_workspace(workspace).filter(key__in=list(BUILTIN_KINDS))
        rows.filter(is_builtin=False).update(is_builtin=True)  # somebody had one of this name
        ActivityParameter.objects.bulk_create(
            [
                ActivityParameter(
                    workspace=workspace,
                    kind_id=kind_id,
                    key=parameter,
                    label=label,
                    type=ParameterType.TEXT,
                )
                for key, kind_id in rows.values_list("key", "pk")
                for parameter, label in BUILTIN_KINDS[key][1].items()
            ],
            ignore_conflicts=True,
        )
        touch_everybody(workspace=workspace, kind=ChangeKind.VOCABULARY)


def type_of_json(value: Any) -> ParameterType:
    """The type a parameter gets when an activity declares it by its first value."""
    if isinstance(value, bool):
        return ParameterType.BOOLEAN
    if isinstance(value, int | float):
        return ParameterType.NUMBER
    if isinstance(value, str) and len(value) == 10:
        try:
            date.fromisoformat(value)
        except ValueError:
            return ParameterType.TEXT
        return ParameterType.DATE
    return ParameterType.TEXT


def _check_keys(*keys: str) -> None:
    for key in keys:
        if not _KEY.fullmatch(key):
            raise ValidationError(
                _("A key is made of lower-case letters, digits and _, and starts with a letter."),
                code="invalid_key",
            )


def _define_parameters(
    kind: ActivityKind, parameters: Mapping[str, str], labels: Mapping[str, str]
) -> None:
    known = {found.key: found for found in kind.parameters.in_workspace(kind.workspace_id)}
    if len(known.keys() | parameters.keys()) > MAX_PARAMETERS:
        raise ValidationError(_("A kind has at most 100 parameters."), code="too_many")
    for key, type_name in parameters.items():
        if type_name not in ParameterType.values:
            raise ValidationError(_("There is no such type."), code="unknown_type")
        if key in known and known[key].type != type_name:
            raise ValidationError(
                _("Parameter %(key)s is known with another type."),
                code="other_type",
                params={"key": key},
            )
        if key not in known:
            ActivityParameter.objects.get_or_create(
                workspace_id=kind.workspace_id,
                kind_id=kind.pk,
                key=key,
                defaults={"label": labels.get(key, key)[:120], "type": type_name},
            )
