"""The first rows of a file as they will be stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from contacts.importing.cells import CellType
from contacts.importing.kinds import (
    BuildContext,
    Field,
    ImportKind,
    Item,
    Row,
    RowRefusedError,
    kind_of,
)
from contacts.importing.reading import Record, read_records
from contacts.importing.settings import ImportSettings, fields_by_key
from contacts.importing.storage import load_head
from contacts.importing.units import RowParser, make_parser
from contacts.models import Import
from workspaces.models import Workspace

PREVIEW_ROWS = 8
SAMPLE_ROWS = 200


@dataclass(frozen=True)
class PreviewRow:
    """One row: what each mapped field will hold, or why the row is refused."""

    line_number: int
    cells: Sequence[str]
    problem: str = ""


@dataclass(frozen=True)
class Preview:
    """A small table: labels of the mapped fields and the first rows."""

    labels: Sequence[str]
    rows: Sequence[PreviewRow]

    @property
    def number_of_problems(self) -> int:
        return sum(bool(row.problem) for row in self.rows)


def first_records(
    workspace: Workspace, import_run: Import, settings: ImportSettings
) -> list[Record]:
    """The first records under the header. Raises `UnreadableFileError` once the file is gone."""
    head = load_head(workspace=workspace, import_id=import_run.pk)
    records = list(islice(read_records(head, settings.dialect), 1, SAMPLE_ROWS + 2))
    # The head may end in the middle of a record.
    is_whole = import_run.rows_total <= SAMPLE_ROWS or len(records) > SAMPLE_ROWS
    return records[:SAMPLE_ROWS] if is_whole else records[:-1]


def samples_by_column(records: Sequence[Record], number_of_columns: int) -> list[list[str]]:
    """Cells of each column, from the records that can be read."""
    samples: list[list[str]] = [[] for _column in range(number_of_columns)]
    for record in records:
        if not record.problem:
            for cells, cell in zip(samples, record.cells, strict=False):
                cells.append(cell)
    return samples


def make_preview(
    workspace: Workspace,
    import_run: Import,
    settings: ImportSettings,
    records: Sequence[Record],
) -> Preview:
    """What the first records become with these settings."""
    kind = kind_of(import_run.kind)
    headers = import_run.settings["facts"]["headers"]
    fields = fields_by_key(kind, workspace, settings)
    mapped = list(dict.fromkeys(key for _at, key in sorted(settings.mapping.items())))
    shown = [fields[key] for key in mapped if key in fields]
    parser = make_parser(kind, workspace, settings, headers)
    context = BuildContext(workspace=workspace, currency=settings.currency)
    rows = [_preview_row(record, parser, kind, context, shown) for record in records[:PREVIEW_ROWS]]
    return Preview([str(field.label) for field in shown], rows)


def _preview_row(
    record: Record,
    parser: RowParser,
    kind: ImportKind,
    context: BuildContext,
    shown: Sequence[Field],
) -> PreviewRow:
    row: Row = {}
    item: Item = {}
    problem = ""
    try:
        row = parser.parse(record)
        item = kind.build([row], context)
    except RowRefusedError as error:
        problem = str(error)
    if problem and not row:
        return PreviewRow(record.line_number, [cell[:80] for cell in record.cells], problem)
    # Where the item has a field of that name, it is what will be stored: "paid" for "opłacone".
    cells = [
        _shown(item.get(field.key, row.get(field.key)), field, context) if field.key in row else ""
        for field in shown
    ]
    return PreviewRow(record.line_number, cells, problem)


def _shown(value: Any, field: Field, context: BuildContext) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):  # {"add": tags}
        value = next(iter(value.values()), [])
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if isinstance(value, datetime):
        local = value.astimezone(context.workspace.zone)
        return f"{date_format(local, 'Y-m-d H:i')} {local.tzname() or ''}".strip()
    if field.type == CellType.MONEY:
        return f"{value} {context.currency}"
    return str(value)[:200]
