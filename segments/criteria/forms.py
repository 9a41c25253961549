"""The wizard's form of a criterion, derived from its class: one generator for all of them.

The phrase says the order: words between the controls, then the fields it doesn't mention.
"""

from __future__ import annotations

import re
import types
from enum import EnumMeta
from typing import Annotated, Any, Union, get_args, get_origin

from django.db.models import TextChoices
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from segments.criteria.base import Criterion, control_of
from segments.criteria.windows import CalendarPeriod, Unit

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def criterion_form(cls: type[Criterion]) -> dict[str, Any]:
    """What the wizard needs to show a row of this criterion."""
    return {
        "key": cls.key,
        "label": str(cls.label),
        "help": str(cls.help),
        "family": cls.family.value,
        "family_label": str(cls.family.label),
        "icon": cls.icon,
        "parts": _parts(str(cls.phrase), cls),
        "fields": {
            (info.alias or name): describe_field(info) for name, info in cls.model_fields.items()
        },
        "examples": list(cls.examples),
    }


def _parts(phrase: str, cls: type[BaseModel]) -> list[dict[str, str]]:
    parts: list[dict[str, str]] = []
    position = 0
    mentioned = set()
    for match in _PLACEHOLDER.finditer(phrase):
        if words := phrase[position : match.start()].strip():
            parts.append({"words": words})
        parts.append({"field": match[1]})
        mentioned.add(match[1])
        position = match.end()
    if words := phrase[position:].strip():
        parts.append({"words": words})
    parts += [{"field": name} for name in cls.model_fields if name not in mentioned]
    return parts


def describe_field(info: FieldInfo) -> dict[str, Any]:
    """One parameter: control, choices, default, limits."""
    control = control_of(info)
    described: dict[str, Any] = control.describe() if control else {}
    choices = _choices(info.annotation)
    if choices is not None and "control" not in described:
        described["control"] = "selects" if _is_list(info.annotation) else "select"
    if choices is not None:
        described["options"] = [
            {"value": choice.value, "label": str(choice.label)} for choice in choices
        ]
    if described.get("control") == "window":
        described["units"] = _options(Unit)
        described["periods"] = _options(CalendarPeriod)
    if "conditions" in described:
        described["conditions"] = [_condition(kind) for kind in described["conditions"]]
    described.setdefault("control", _plain_control(info.annotation))
    if info.default is not PydanticUndefined and info.default is not None:
        described["default"] = getattr(info.default, "value", info.default)
    described["required"] = info.is_required()
    return described


def _condition(kind: Any) -> dict[str, Any]:
    return {
        "fields_names": list(kind.field_names()),
        "label": str(kind.label),
        "fields": {
            name: describe_field(info)
            for name, info in kind.model_fields.items()
            if name != "field"
        },
    }


def _options(choices: type[TextChoices]) -> list[dict[str, str]]:
    return [{"value": choice.value, "label": str(choice.label)} for choice in choices]


def _choices(annotation: Any) -> list[Any] | None:
    if isinstance(annotation, EnumMeta) and issubclass(annotation, TextChoices):
        return list(annotation)
    for inner in get_args(annotation):
        if get_origin(annotation) in (Annotated, Union, types.UnionType, list):
            found = _choices(inner)
            if found is not None:
                return found
    return None


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(inner) for inner in get_args(annotation))


def _plain_control(annotation: Any) -> str:
    if annotation is bool:
        return "boolean"
    return "number" if annotation in (int, float) else "text"
