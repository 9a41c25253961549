"""Definitions of attributes: made, renamed, deleted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.models import AttributeDefinition, AttributeType, AttributeValue, ChangeKind
from contacts.registry import refuse_if_used
from contacts.services.absences import forget_absences, of_attribute
from contacts.services.changes import touch_contacts
from contacts.services.vocabulary import TOP_LEVEL
from contacts.text import normalise
from contacts.values import KEY_PATTERN
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

MAX_OPTIONS = 1_000
CHOICE_TYPES = (AttributeType.CHOICE, AttributeType.CHOICES)


def define_attribute(
    *,
    workspace: Workspace,
    key: str,
    label: str,
    type: AttributeType,
    options: Sequence[Any] = (),
) -> AttributeDefinition:
    """Declare an attribute. `options` are the choices, `{"key", "label"}` or plain texts.

    Choices without options take any text. Raises `ValidationError` by field.
    """
    if not re.match(KEY_PATTERN, key):
        raise ValidationError(
            {"key": _("Use small letters, digits and underscores, and start with a letter.")}
        )
    checked_label = _label(label)
    checked_options = _options(type, options)
    with workspace_scope(workspace):
        definition, is_new = AttributeDefinition.objects.get_or_create(
            workspace=workspace,
            key=key,
            defaults={"label": checked_label, "type": type, "options": checked_options},
        )
    if not is_new:
        raise ValidationError({"key": _("There is an attribute with this key.")})
    return definition


def change_attribute(
    *,
    workspace: Workspace,
    attribute_id: int,
    label: str | None = None,
    options: Sequence[Any] | None = None,
) -> AttributeDefinition:
    """Change the label or the choices; key and type are permanent. Raises `DoesNotExist`.

    A choice that contacts have can't be taken away.
    """
    with workspace_scope(workspace):
        found = AttributeDefinition.objects.in_workspace(workspace)
        definition = found.select_for_update().get(pk=attribute_id)
        if label is not None:
            definition.label = _label(label)
        if options is not None:
            checked = _options(AttributeType(definition.type), options)
            _refuse_lost_choices(workspace, definition, checked)
            definition.options = checked
        definition.save(update_fields=["label", "options"])
        return definition


def delete_attribute(*, workspace: Workspace, attribute_id: int) -> None:
    """Delete an attribute with every value it ever had.

    Raises `InUseError` while a segment names it, `ValidationError` for built-in ones.
    """
    with workspace_scope(workspace):
        found = AttributeDefinition.objects.in_workspace(workspace)
        definition = found.select_for_update().get(pk=attribute_id)
        if definition.is_builtin:
            raise ValidationError(_("Built-in attributes stay."))
        refuse_if_used(workspace, "attribute", definition)
        values = AttributeValue.objects.in_workspace(workspace).filter(attribute=definition)
        contact_ids = set(values.values_list("contact_id", flat=True))
        values.delete()
        forget_absences(workspace.pk, of_attribute(attribute_id))
        found.filter(pk=attribute_id).delete()
        touch_contacts(workspace=workspace, contact_ids=contact_ids, kind=ChangeKind.ATTRIBUTE)


def is_top_level(key: str) -> bool:
    """Whether an item of the REST batch names it beside `attributes`."""
    return key in TOP_LEVEL


def _label(label: str) -> str:
    label = label.strip()
    if not label or "\x00" in label:
        raise ValidationError({"label": _("Give a name.")})
    if len(label) > 120:
        raise ValidationError({"label": _("The name is longer than 120 characters.")})
    return label


def _options(type: AttributeType, options: Sequence[Any]) -> list[dict[str, str]]:
    if type not in CHOICE_TYPES:
        if options:
            raise ValidationError({"options": _("Only choices have options.")})
        return []
    if len(options) > MAX_OPTIONS:
        raise ValidationError({"options": _("More than 1,000 choices.")})
    checked: dict[str, dict[str, str]] = {}
    for option in options:
        key, label = _option(option)
        if normalise(key) in checked:
            raise ValidationError({"options": _("A choice is given twice.")})
        checked[normalise(key)] = {"key": key, "label": label}
    return list(checked.values())


def _option(option: Any) -> tuple[str, str]:
    key = option.get("key") if isinstance(option, dict) else option
    label = option.get("label") or key if isinstance(option, dict) else option
    if not isinstance(key, str) or not isinstance(label, str) or not key.strip():
        raise ValidationError({"options": _("A choice has a key and a label.")})
    if len(key) > 120 or len(label) > 120 or "\x00" in key + label:
        raise ValidationError({"options": _("A choice is longer than 120 characters.")})
    return key.strip(), label.strip()


def _refuse_lost_choices(
    workspace: Workspace, definition: AttributeDefinition, options: Sequence[dict[str, str]]
) -> None:
    kept = {normalise(option["key"]) for option in options}
    lost = {normalise(option["key"]) for option in definition.options} - kept
    values = AttributeValue.objects.in_workspace(workspace).filter(attribute=definition)
    if kept and lost and values.filter(text_norm__in=list(lost)).exists():
        raise ValidationError({"options": _("Contacts have a choice that is missing here.")})
