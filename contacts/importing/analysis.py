"""One look over a whole file: columns, samples, dates, numbers, and how to read them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from contacts.importing.cells import CellType
from contacts.importing.kinds import ColumnFacts, Field, ImportKind, Mapped
from contacts.importing.mapping import suggest_mapping
from contacts.importing.reading import (
    MAX_COLUMNS,
    MAX_ROWS,
    Dialect,
    Record,
    UnreadableFileError,
    read_records,
)
from contacts.importing.settings import ImportSettings
from contacts.importing.sniffing import (
    DateOrder,
    DateProfile,
    decide_date_order,
    decide_decimal_mark,
    detect_dialect,
)
from workspaces.models import Workspace

SAMPLES = 200  # cells a column that types are guessed from
MAX_DECIMAL_SAMPLES = 2_000


@dataclass
class Column:
    """What was seen of one column."""

    header: str
    samples: list[str] = field(default_factory=list)
    dates: DateProfile | None = None  # of all its cells, where they look like dates
    numbers: list[str] = field(default_factory=list)  # cells with a decimal or thousands mark

    @property
    def facts(self) -> ColumnFacts:
        return ColumnFacts(self.header, self.samples)


@dataclass
class Analysis:
    """What a file is like, and what we would make of it."""

    dialect: Dialect
    columns: list[Column]
    rows: int
    broken_rows: int
    mapping: Mapped

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]


def analyse(
    data: bytes,
    *,
    kind: ImportKind,
    workspace: Workspace,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Analysis:
    """Read the whole file once. Raises `UnreadableFileError` where it holds no rows to import."""
    dialect = detect_dialect(data, encoding=encoding, delimiter=delimiter)
    columns = [Column(header) for header in read_headers(data, dialect)]
    _take_samples(columns, _rows(data, dialect))
    first_guess = suggest_mapping(kind, workspace, _facts(columns), repeats=False)
    key_column = _position_of(first_guess, kind.key_fields[0])
    rows, broken, repeats = _look_at_all(columns, _rows(data, dialect), key_column)
    if rows == 0:
        raise UnreadableFileError("no_rows", _("The file has a header and no rows under it."))
    mapping = suggest_mapping(kind, workspace, _facts(columns), repeats=repeats)
    return Analysis(dialect, columns, rows, broken, mapping)


def read_headers(data: bytes, dialect: Dialect) -> list[str]:
    """The names of the columns, made distinct. Raises `UnreadableFileError`."""
    first = next(read_records(data, dialect), None)
    if first is None:
        raise UnreadableFileError("empty", _("The file is empty."))
    if first.problem:
        raise UnreadableFileError(
            "bad_header", _("The first line can't be read: %(why)s") % {"why": first.problem}
        )
    if len(first.cells) > MAX_COLUMNS:
        raise UnreadableFileError(
            "too_many_columns",
            _("The file has %(number)s columns; at most %(limit)s can be imported.")
            % {"number": len(first.cells), "limit": MAX_COLUMNS},
        )
    _refuse_data_as_header(first)
    return _distinct(first.cells)


def _refuse_data_as_header(first: Record) -> None:
    filled = [cell.strip() for cell in first.cells if cell.strip()]
    if any(_is_control(cell) for cell in filled):
        raise UnreadableFileError("not_csv", _("This is not a text file."))
    data_like = [cell for cell in filled if "@" in cell or cell.replace(".", "").isdigit()]
    if filled and len(data_like) * 2 > len(filled):
        raise UnreadableFileError(
            "no_header",
            _("The first line must name the columns; here it looks like data: %(line)s")
            % {"line": ", ".join(filled)[:120]},
        )


def _is_control(cell: str) -> bool:
    return any(character < " " and character not in "\t\r\n" for character in cell)


def _distinct(cells: Sequence[str]) -> list[str]:
    headers: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())[:120] or _("Column %(number)s") % {"number": number}
        again = sum(1 for other in cells[: number - 1] if " ".join(other.split())[:120] == name)
        headers.append(f"{name} ({again + 1})" if again else name)
    return headers


def _rows(data: bytes, dialect: Dialect) -> Iterable[Record]:
    return islice(read_records(data, dialect), 1, None)


def _facts(columns: Sequence[Column]) -> list[ColumnFacts]:
    return [column.facts for column in columns]


def _position_of(mapping: Mapping[int, str], key: str) -> int | None:
    return next((position for position, mapped in mapping.items() if mapped == key), None)


def _take_samples(columns: Sequence[Column], rows: Iterable[Record]) -> None:
    good = (record for record in rows if not record.problem)
    for record in islice(good, SAMPLES):
        for column, cell in zip(columns, record.cells, strict=False):
            column.samples.append(cell)
    for column in columns:
        profile = DateProfile()
        for cell in column.samples:
            profile.add(cell)
        if profile.seen == 0 or profile.looks_like_dates or profile.unix:
            column.dates = DateProfile()


def _look_at_all(
    columns: Sequence[Column], rows: Iterable[Record], key_column: int | None
) -> tuple[int, int, bool]:
    """Number of rows, of broken ones, and whether rows share a key."""
    dated = [(at, column.dates) for at, column in enumerate(columns) if column.dates is not None]
    total = broken = 0
    keys: set[str] = set()
    repeats = False
    for total, record in enumerate(rows, start=1):
        if total > MAX_ROWS:
            raise UnreadableFileError(
                "too_many_rows",
                _("The file has more than %(limit)s rows. Split it and import the parts.")
                % {"limit": MAX_ROWS},
            )
        if record.problem:
            broken += 1
            continue
        cells = record.cells
        for at, profile in dated:
            if at < len(cells):
                profile.add(cells[at])
        if total <= MAX_DECIMAL_SAMPLES:
            _note_numbers(columns, cells)
        if not repeats and key_column is not None and key_column < len(cells):
            repeats = cells[key_column] in keys
            keys.add(cells[key_column])
    return total, broken, repeats


def _note_numbers(columns: Sequence[Column], cells: Sequence[str]) -> None:
    for column, cell in zip(columns, cells, strict=False):
        if ("," in cell or "." in cell) and len(cell) < 30 and any(c.isdigit() for c in cell):
            column.numbers.append(cell)


# --- Settings from what was seen -----------------------------------------------------------------


def suggest_settings(
    analysis: Analysis, *, kind: ImportKind, workspace: Workspace
) -> ImportSettings:
    """The settings we would run with; `date_format` is empty where only a person can tell."""
    draft = ImportSettings(
        encoding=analysis.dialect.encoding,
        delimiter=analysis.dialect.delimiter,
        currency=workspace.base_currency,
        mapping=analysis.mapping,
    )
    fields = {each.key: each for each in kind.fields(workspace)}
    return dataclasses.replace(
        draft,
        date_format=date_order_of(analysis.columns, analysis.mapping, fields).format,
        decimal_mark=decimal_mark_of(
            analysis.columns, analysis.mapping, fields, analysis.dialect.delimiter
        ),
    )


def date_order_of(
    columns: Sequence[Column], mapping: Mapping[int, str], fields: Mapping[str, Field]
) -> DateOrder:
    """The order of day and month in the columns mapped to dates."""
    profiles = []
    for position in _positions(mapping, fields, {CellType.DATE, CellType.INSTANT}):
        profile = columns[position].dates
        if profile is not None:
            profiles.append(profile)
    return decide_date_order(profiles)


def decimal_mark_of(
    columns: Sequence[Column],
    mapping: Mapping[int, str],
    fields: Mapping[str, Field],
    delimiter: str,
) -> str:
    """The decimal mark of the columns mapped to numbers."""
    positions = _positions(mapping, fields, {CellType.NUMBER, CellType.MONEY})
    cells = (cell for position in positions for cell in columns[position].numbers)
    return decide_decimal_mark(cells, delimiter=delimiter)


def _positions(
    mapping: Mapping[int, str], fields: Mapping[str, Field], types: set[CellType]
) -> list[int]:
    return [at for at, key in mapping.items() if key in fields and fields[key].type in types]


# --- Kept between requests -----------------------------------------------------------------------


def facts_to_json(analysis: Analysis) -> dict[str, Any]:
    """What later steps need of the columns, without the samples."""
    return {
        "headers": analysis.headers,
        "rows": analysis.rows,
        "broken_rows": analysis.broken_rows,
        "dates": {
            str(at): dataclasses.asdict(column.dates)
            for at, column in enumerate(analysis.columns)
            if column.dates is not None
        },
        "numbers": {
            str(at): column.numbers[:50]
            for at, column in enumerate(analysis.columns)
            if column.numbers
        },
    }


def columns_from_json(facts: Mapping[str, Any]) -> list[Column]:
    """The columns as `facts_to_json` kept them."""
    columns = [Column(header) for header in facts["headers"]]
    for at, profile in facts["dates"].items():
        columns[int(at)].dates = DateProfile(**profile)
    for at, cells in facts["numbers"].items():
        columns[int(at)].numbers = list(cells)
    return columns
