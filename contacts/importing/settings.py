"""How one file is read: what the person or the detection decided. Kept as JSON on the import."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.importing.cells import DATE_FORMATS, CellReader, CellType
from contacts.importing.kinds import Field, ImportKind
from contacts.importing.reading import Dialect
from workspaces.models import Workspace
from workspaces.money import validate_currency


@dataclass(frozen=True)
class Problem:
    """Why an import can't start yet. `field` is the setting or the column it is about."""

    code: str
    message: str
    field: str = ""


@dataclass(frozen=True)
class ImportSettings:
    """Everything a run depends on beside the file itself."""

    encoding: str
    delimiter: str
    date_format: str = ""  # "" while nobody has said which part is the day
    decimal_mark: str = "."
    currency: str = ""
    define: bool = False  # attributes that don't exist are made
    mapping: Mapping[int, str] = field(default_factory=dict)  # field key by column position
    new_types: Mapping[str, str] = field(default_factory=dict)  # of attributes to be made

    @property
    def dialect(self) -> Dialect:
        return Dialect(self.encoding, self.delimiter)

    def reader(self, workspace: Workspace) -> CellReader:
        return CellReader(
            zone=workspace.zone,
            date_format=self.date_format or "iso",
            decimal_mark=self.decimal_mark,
        )

    def to_json(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        values["mapping"] = {str(position): key for position, key in self.mapping.items()}
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        names = {each.name for each in dataclasses.fields(cls)}
        known = {name: value for name, value in values.items() if name in names}
        known["mapping"] = {int(position): key for position, key in known["mapping"].items()}
        return cls(**known)


def fields_by_key(
    kind: ImportKind, workspace: Workspace, settings: ImportSettings
) -> dict[str, Field]:
    """Every field a column may be mapped to, those of attributes to be made included."""
    fields = {field.key: field for field in kind.fields(workspace)}
    if settings.define:
        for key in settings.mapping.values():
            cell_type = CellType(settings.new_types.get(key, CellType.TEXT))
            if key not in fields and (made := kind.new_field(key, cell_type)) is not None:
                fields[key] = made
    return fields


def find_problems(
    kind: ImportKind, workspace: Workspace, settings: ImportSettings, headers: Sequence[str]
) -> list[Problem]:
    """What has to be settled before a run, all of it at once."""
    fields = fields_by_key(kind, workspace, settings)
    return [
        *_mapping_problems(fields, settings, headers),
        *_missing_fields(kind, fields, settings),
        *_value_problems(fields, settings),
    ]


def _mapping_problems(
    fields: Mapping[str, Field], settings: ImportSettings, headers: Sequence[str]
) -> list[Problem]:
    problems = []
    taken: dict[str, int] = {}
    for position, key in sorted(settings.mapping.items()):
        column = f"column_{position}"
        if not 0 <= position < len(headers):
            problems.append(Problem("unknown_column", _("There is no such column."), column))
        elif key not in fields:
            message = _("“%(field)s” is not a field one can import into.") % {"field": key}
            problems.append(Problem("unknown_field", message, column))
        elif key in taken and not fields[key].takes_several:
            message = _("“%(first)s” and “%(second)s” can't both be %(field)s.") % {
                "first": headers[taken[key]],
                "second": headers[position],
                "field": fields[key].label,
            }
            problems.append(Problem("field_twice", message, column))
        taken.setdefault(key, position)
    return problems


def _missing_fields(
    kind: ImportKind, fields: Mapping[str, Field], settings: ImportSettings
) -> list[Problem]:
    mapped = set(settings.mapping.values())
    problems = []
    for group in kind.required:
        if not mapped.intersection(group):
            names = _(" or ").join(str(fields[key].label) for key in group)
            message = _("No column is mapped to: %(field)s.") % {"field": names}
            problems.append(Problem("field_missing", message, "mapping"))
    return problems


def _value_problems(fields: Mapping[str, Field], settings: ImportSettings) -> list[Problem]:
    problems = []
    dated = {CellType.DATE, CellType.INSTANT}
    has_dates = any(fields[key].type in dated for key in settings.mapping.values() if key in fields)
    if has_dates and not settings.date_format:
        message = _("The dates can be read in two ways. Say which part is the day.")
        problems.append(Problem("ambiguous_dates", message, "date_format"))
    elif settings.date_format not in ("", *DATE_FORMATS) and "%" not in settings.date_format:
        message = _("“%(format)s” is not a date format.") % {"format": settings.date_format}
        problems.append(Problem("unknown_date_format", message, "date_format"))
    if settings.decimal_mark not in {".", ","}:
        message = _("The decimal mark is a point or a comma.")
        problems.append(Problem("unknown_decimal_mark", message, "decimal_mark"))
    try:
        validate_currency(settings.currency)
    except ValidationError as error:
        problems.append(Problem("unknown_currency", error.messages[0], "currency"))
    return problems
