"""The wizard's form of a criterion, derived from its class: one generator for all of them.

The phrase says the order: words between the controls, then the fields it doesn't mention.
"""

from __future__ import annotations

import re
import types
from enum import EnumMeta, StrEnum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from django.db.models import TextChoices
from django.utils.translation import get_language
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from segments.criteria.agreeing import CATEGORIES, Agreeing
from segments.criteria.base import Criterion, control_of
from segments.criteria.parameter_labels import FOLDED, VALUES, label_of
from segments.criteria.windows import CalendarPeriod, Unit

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def criterion_form(cls: type[Criterion]) -> dict[str, Any]:
    """What the wizard needs to show a row of this criterion, in the active language. Not to be
    changed: it is made once a language.
    """
    return _form_in(get_language(), cls)


@cache
def _form_in(language: str | None, cls: type[Criterion]) -> dict[str, Any]:
    return {
        "key": cls.key,
        "label": str(cls.label),
        "help": str(cls.help),
        "family": cls.family.value,
        "family_label": str(cls.family.label),
        "icon": cls.icon,
        "parts": _parts_of(cls),
        "agrees_with": cls.agrees_with if isinstance(cls.phrase, Agreeing) else None,
        "fields": _fields(cls),
        "presence": _presence(cls),
        "examples": list(cls.examples),
    }


def _fields(cls: type[BaseModel]) -> dict[str, Any]:
    return {
        (info.alias or name): describe_field(info, info.alias or name)
        for name, info in cls.model_fields.items()
        if name != "field"
    }


def _presence(cls: type[Criterion]) -> dict[str, Any] | None:
    """A row that asks only whether there is a value or fact at all, as changes to this row.

    With it, contacts who pass a negative row only for lack of a value are excluded. `set` are
    values to take, `drop` parameters to leave out; None where the form can't tell.
    """
    fields = _fields(cls)
    operators = [option["value"] for option in fields.get("operator", {}).get("options", ())]
    dropped = [name for name in fields if name not in ("attribute", "kind", "kinds", "channel")]
    if "has_value" in operators:
        return {"set": {"operator": "has_value"}, "drop": dropped}
    if {"operator", "number"} <= fields.keys() and cls.present is not Criterion.present:
        test = {"operator": "at_least", "number": 1}
        return {"set": test, "drop": [*dropped, "operator", "number"]}
    return None


def _parts_of(cls: type[Criterion]) -> list[dict[str, Any]]:
    """Words and fields in order; words that agree with a number say how, by category."""
    parts: list[dict[str, Any]] = [*_parts(str(cls.phrase), cls)]
    if isinstance(cls.phrase, Agreeing):
        for category, number in CATEGORIES.items():
            said = _parts(cls.phrase.with_number(number), cls)
            for part, other in zip(parts, said, strict=True):
                if other.get("words") != part.get("words"):
                    part.setdefault("agreeing", {})[category] = other["words"]
    return parts


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


def describe_field(info: FieldInfo, name: str) -> dict[str, Any]:
    """One parameter: its name in words, control, choices, default, limits."""
    control = control_of(info)
    described: dict[str, Any] = control.describe() if control else {}
    described["label"] = label_of(name)
    options = _choices(info.annotation)
    if options is not None:
        described.setdefault("control", "selects" if _is_list(info.annotation) else "select")
        described["options"] = options
    if described.get("control") == "window":
        described["units"] = _options(Unit)
        described["periods"] = _options(CalendarPeriod)
    if "conditions" in described:
        described["conditions"] = [_condition(kind) for kind in described["conditions"]]
    described.setdefault("control", _plain_control(info.annotation))
    if info.default is not PydanticUndefined and info.default is not None:
        described["default"] = getattr(info.default, "value", info.default)
    described["required"] = info.is_required()
    if name in FOLDED and not info.is_required() and not described.get("shown_when"):
        described["folded"] = True
    return described


def _condition(kind: Any) -> dict[str, Any]:
    names = list(kind.field_names())
    fields = _fields(kind)
    for field in fields.values():
        if field["control"] in ("texts", "reference") and not field.get("suggest"):
            field["suggest"] = _SUGGESTED.get(names[0], names[0])
        elif field.get("suggest") in _SUGGESTED:
            field["suggest"] = _SUGGESTED[field["suggest"]]
    return {"fields_names": names, "label": str(kind.label), "fields": fields}


# Kinds of suggestions that go by another name than the field or reference.
_SUGGESTED = {"name": "line_name", "property": "property_value", "line_property": "property_key"}


def _options(choices: type[TextChoices]) -> list[dict[str, str]]:
    return [{"value": choice.value, "label": str(choice.label)} for choice in choices]


def _choices(annotation: Any) -> list[dict[str, str]] | None:
    if isinstance(annotation, EnumMeta) and issubclass(annotation, TextChoices):
        return _options(annotation)
    if isinstance(annotation, EnumMeta) and issubclass(annotation, StrEnum):
        return [
            {"value": each.value, "label": str(VALUES.get(each.value, each.value))}
            for each in annotation
        ]
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
