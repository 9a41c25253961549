"""Rows of a file -> items for a service. Rows of one transaction come together, near or far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext as _

from contacts.importing.cells import CellReader
from contacts.importing.kinds import BuildContext, Field, ImportKind, Item, Row, RowRefusedError
from contacts.importing.reading import Record, read_records
from contacts.importing.settings import ImportSettings, fields_by_key
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not imported, as it stood in the file."""

    line_number: int
    cells: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows that stand or fall together: an item to be stored, or the reason why not."""

    records: Sequence[Record]
    item: Item | None = None
    problem: str = ""
    problem_line: int = 0

    def refused(self, reason: str = "") -> list[RefusedRow]:
        """All its rows, with the reason; rows dragged along say by which line."""
        why = reason or self.problem
        rows = []
        for record in self.records:
            text = why
            if self.problem_line and record.line_number != self.problem_line:
                text = _("Belongs to line %(line)s, which is refused: %(why)s") % {
                    "line": self.problem_line,
                    "why": why,
                }
            rows.append(RefusedRow(record.line_number, record.cells, text))
        return rows


@dataclass(frozen=True)
class RowParser:
    """Turns cells into typed values by the mapping."""

    columns: Sequence[tuple[int, Field, str]]  # position, field, header
    width: int
    reader: CellReader

    def parse(self, record: Record) -> Row:
        """Typed values by field key, empty cells left out. Raises `RowRefusedError`."""
        if record.problem:
            raise RowRefusedError(record.problem)
        cells = record.cells
        if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
            raise RowRefusedError(
                _("The row has %(number)s cells, the header %(width)s.")
                % {"number": len(cells), "width": self.width}
            )
        row: dict[str, object] = {}
        for position, field, header in self.columns:
            if position >= len(cells) or not cells[position]:
                continue
            try:
                value = self.reader.read(cells[position], field.type)
            except ValueError as error:
                raise RowRefusedError(
                    _("%(column)s: %(why)s") % {"column": header, "why": error}
                ) from None
            if value is None:
                continue
            if field.takes_several:
                held = row.setdefault(field.key, [])
                held.extend(value if isinstance(value, list) else [value])  # type: ignore[attr-defined]
            else:
                row[field.key] = value
        return row


def make_parser(
    kind: ImportKind, workspace: Workspace, settings: ImportSettings, headers: Sequence[str]
) -> RowParser:
    fields = fields_by_key(kind, workspace, settings)
    return RowParser(
        columns=[
            (position, fields[key], headers[position])
            for position, key in sorted(settings.mapping.items())
            if key in fields and position < len(headers)
        ],
        width=len(headers),
        reader=settings.reader(workspace),
    )


def read_units(
    data: bytes,
    *,
    kind: ImportKind,
    workspace: Workspace,
    settings: ImportSettings,
    headers: Sequence[str],
) -> Iterator[Unit]:
    """Every row of the file in exactly one unit, in the same order each time."""
    parser = make_parser(kind, workspace, settings, headers)
    context = BuildContext(workspace=workspace, currency=settings.currency)
    key_column = _key_column(kind, settings.mapping)
    if not kind.is_grouped or key_column is None:
        for record in _rows(data, settings):
            yield _unit([record], parser, kind, context)
        return
    yield from _grouped(data, settings, key_column, parser, kind, context)


def _rows(data: bytes, settings: ImportSettings) -> Iterator[Record]:
    return islice(read_records(data, settings.dialect), 1, None)


def _key_column(kind: ImportKind, mapping: Mapping[int, str]) -> int | None:
    wanted = kind.key_fields[0]
    return next((position for position, key in mapping.items() if key == wanted), None)


def _key_of(record: Record, column: int) -> str:
    if column >= len(record.cells):
        return ""
    return record.cells[column].strip()


def _grouped(
    data: bytes,
    settings: ImportSettings,
    column: int,
    parser: RowParser,
    kind: ImportKind,
    context: BuildContext,
) -> Iterator[Unit]:
    """A unit is complete with its last row, so only unfinished ones are held in memory."""
    expected = Counter(_key_of(record, column) for record in _rows(data, settings))
    waiting: dict[str, list[Record]] = {}
    for record in _rows(data, settings):
        key = _key_of(record, column)
        if not key or expected[key] == 1:
            yield _unit([record], parser, kind, context)
            continue
        group = waiting.setdefault(key, [])
        group.append(record)
        if len(group) == expected[key]:
            yield _unit(waiting.pop(key), parser, kind, context)


def _unit(
    records: list[Record], parser: RowParser, kind: ImportKind, context: BuildContext
) -> Unit:
    rows = []
    for record in records:
        try:
            rows.append(parser.parse(record))
        except RowRefusedError as error:
            line = record.line_number if len(records) > 1 else 0
            return Unit(records, problem=str(error), problem_line=line)
    try:
        return Unit(records, item=kind.build(rows, context))
    except RowRefusedError as error:
        return Unit(records, problem=str(error))
