"""Bytes of a file -> records with line numbers; a broken record never hides its neighbours."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_LINE_CHARACTERS = 1_000_000
MAX_RECORD_LINES = 500  # of one quoted value; more means that a quotation mark never closes
KEPT_OF_A_BROKEN_LINE = 500  # characters of it that are shown with the reason

QUOTE = '"'
REPLACEMENT = "\ufffd"
csv.field_size_limit(MAX_LINE_CHARACTERS)


class UnreadableFileError(ValueError):
    """Nothing can be read from the file; the message says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Dialect:
    """How the file's bytes become cells."""

    encoding: str  # a Python codec
    delimiter: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record. With a `problem` it can't be used, and `cells` show what stood there."""

    line_number: int  # physical line where it starts, from 1
    cells: list[str]
    problem: str = ""


def read_records(data: bytes, dialect: Dialect) -> Iterator[Record]:
    """Every record with content, the header first. Blank lines are passed over."""
    lines = _Lines(data, dialect.encoding)
    while (line := lines.next()) is not None:
        number = lines.number
        problem = _problem_of_line(line)
        if problem:
            yield _broken(number, line, dialect.delimiter, problem)
        elif QUOTE in line:
            yield _quoted_record(line, lines, dialect.delimiter)
        elif text := line.rstrip("\r\n"):
            cells = text.split(dialect.delimiter)
            if any(not cell.isspace() for cell in cells if cell):
                yield Record(number, cells)


class _Lines:
    """Physical lines, one at a time; lines that were looked at can be put back."""

    def __init__(self, data: bytes, encoding: str) -> None:
        # Bytes that don't fit the encoding become surrogates, so that only their rows are refused;
        # wide encodings can't do that.
        errors = "replace" if "16" in encoding or "32" in encoding else "surrogateescape"
        self._stream = io.TextIOWrapper(
            io.BytesIO(data), encoding=encoding, errors=errors, newline=""
        )
        self._waiting: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        """The next line with its line end, or None at the end. Long lines come cut."""
        line = self._waiting.popleft() if self._waiting else self._read()
        if not line:
            return None
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)

    def _read(self) -> str:
        limit = MAX_LINE_CHARACTERS + 1
        line = self._stream.readline(limit)
        rest = line
        while len(rest) == limit and not rest.endswith(("\n", "\r")):
            rest = self._stream.readline(limit)
        return line


def _problem_of_line(line: str) -> str:
    if len(line) > MAX_LINE_CHARACTERS:
        return _("The line is longer than %(limit)s characters.") % {"limit": MAX_LINE_CHARACTERS}
    if "\x00" in line:
        return _("The line contains a NUL character, which is not text.")
    if not line.isascii():
        if REPLACEMENT in line:
            return _("The line has characters that were already lost when the file was made.")
        try:
            line.encode()
        except UnicodeEncodeError:
            return _("The line has bytes that don't belong to the file's encoding.")
    return ""


def _quoted_record(first: str, lines: _Lines, delimiter: str) -> Record:
    """Let the csv module read a record that has quotation marks, over as many lines as it needs."""
    number = lines.number
    taken: list[str] = []

    def feed() -> Iterator[str]:
        yield first
        size = len(first)
        while len(taken) < MAX_RECORD_LINES and (line := lines.next()) is not None:
            taken.append(line)
            size += len(line)
            if size > MAX_LINE_CHARACTERS or _problem_of_line(line):
                return
            yield line

    try:
        return Record(number, next(csv.reader(feed(), delimiter=delimiter, strict=True)))
    except (csv.Error, StopIteration) as error:
        lines.put_back(taken)
        return _broken(number, first, delimiter, _quote_problem(str(error), taken))


def _broken(number: int, line: str, delimiter: str, problem: str) -> Record:
    """Cells as well as they can be told: rows of the same transaction have to be found by them."""
    text = line[:KEPT_OF_A_BROKEN_LINE].rstrip("\r\n")
    return Record(number, text.split(delimiter), problem)


def _quote_problem(error: str, later_lines: list[str]) -> str:
    if "expected after" in error and not later_lines:
        return _("A quotation mark inside a value must be written twice.")
    return _("A quotation mark is opened and never closed.")
