"""What the mapping page of an import shows: columns, choices, a preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contacts.import_forms import NEW_ATTRIBUTE
from contacts.importing.analysis import columns_from_json, date_order_of, decimal_mark_of
from contacts.importing.cells import DATE_FORMATS, describe_date_format
from contacts.importing.kinds import Field, ImportKind, kind_of
from contacts.importing.mapping import attribute_key
from contacts.importing.preview import first_records, make_preview, samples_by_column
from contacts.importing.reading import Record, UnreadableFileError
from contacts.importing.settings import ImportSettings, Problem, find_problems
from contacts.importing.sniffing import DELIMITERS, ENCODINGS
from contacts.models import Import
from workspaces.models import Workspace

SAMPLES_SHOWN = 3


@dataclass(frozen=True)
class ColumnChoice:
    """One line of the mapping table."""

    position: int
    header: str
    samples: Sequence[str]
    chosen: str
    new_key: str  # of the attribute it could become, "" if it can't
    problem: str = ""


def settings_of(import_run: Import) -> ImportSettings:
    """How the file is read. Raises `UnreadableFileError` when it is gone."""
    if "options" not in import_run.settings:
        raise UnreadableFileError("expired", _("The file has been deleted."))
    return ImportSettings.from_json(import_run.settings["options"])


def mapping_context(
    workspace: Workspace, import_run: Import, refused: Sequence[Problem] = ()
) -> dict[str, Any]:
    """What the page shows. Raises `UnreadableFileError` when the file is gone."""
    settings = settings_of(import_run)
    records = first_records(workspace, import_run, settings)
    kind = kind_of(import_run.kind)
    fields = list(kind.fields(workspace))
    columns = columns_from_json(import_run.settings["facts"])
    by_key = {field.key: field for field in fields}
    order = date_order_of(columns, settings.mapping, by_key)
    mark = decimal_mark_of(columns, settings.mapping, by_key, settings.delimiter)
    return {
        **preview_context(workspace, import_run, settings, records),
        **({"problems": refused} if refused else {}),
        "kind": kind,
        "field_groups": _grouped(fields),
        "columns": _column_choices(import_run, kind, settings, fields, records),
        "new_attribute": NEW_ATTRIBUTE,
        "date_order": order,
        "detected_date": describe_date_format(order.format) if order.format else "",
        "date_formats": [(each, describe_date_format(each)) for each in DATE_FORMATS],
        "chosen_date": "" if settings.date_format == order.format else settings.date_format,
        "detected_mark": mark,
        "chosen_mark": "" if settings.decimal_mark == mark else settings.decimal_mark,
        "encodings": [*ENCODINGS] + [settings.encoding] * (settings.encoding not in ENCODINGS),
        "delimiters": [
            ("tab" if each == "\t" else each, name)
            for each, name in zip(
                DELIMITERS, (_("comma"), _("semicolon"), _("tab"), _("bar")), strict=True
            )
        ],
        "chosen_delimiter": "tab" if settings.delimiter == "\t" else settings.delimiter,
    }


def preview_context(
    workspace: Workspace,
    import_run: Import,
    settings: ImportSettings,
    records: Sequence[Record],
) -> dict[str, Any]:
    """What the first rows become, and what is wrong with the settings."""
    headers = import_run.settings["facts"]["headers"]
    kind = kind_of(import_run.kind)
    return {
        "import_run": import_run,
        "settings": settings,
        "problems": find_problems(kind, workspace, settings, headers),
        "preview": make_preview(workspace, import_run, settings, records),
        "broken_rows": import_run.settings["facts"].get("broken_rows", 0),
    }


def _grouped(fields: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(str(field.group), []).append(field)
    return list(groups.items())


def _column_choices(
    import_run: Import,
    kind: ImportKind,
    settings: ImportSettings,
    fields: Sequence[Field],
    records: Sequence[Record],
) -> list[ColumnChoice]:
    headers = import_run.settings["facts"]["headers"]
    samples = samples_by_column(records, len(headers))
    known = {field.key for field in fields}
    can_make_new = any(field.key.startswith("attributes.") for field in fields)
    choices = []
    for position, header in enumerate(headers):
        chosen = settings.mapping.get(position, "")
        new_key = attribute_key(header) if can_make_new else ""
        if f"attributes.{new_key}" in known:
            new_key = ""
        filled = list(dict.fromkeys(cell.strip() for cell in samples[position] if cell.strip()))
        shown = NEW_ATTRIBUTE if chosen and chosen not in known else chosen
        choices.append(ColumnChoice(position, header, filled[:SAMPLES_SHOWN], shown, new_key))
    return choices
