"""Columns of numpy arrays as rows of PostgreSQL's binary COPY format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
CHUNK = 100_000
_TO_2000 = 946_684_800_000_000  # microseconds from 1970 to 2000, where PostgreSQL begins
_ONE = b"\0\x01\0\0\0\0\0\x0a\0\x01"  # numeric 1, ten digits shown

_FIXED: dict[str, Any] = {
    "bigint": ">i8",
    "integer": ">i4",
    "smallint": ">i2",
    "double precision": ">f8",
    "boolean": "u1",
    "timestamp with time zone": ">i8",
}

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Coded:
    """Texts by their position; None is null."""

    codes: npt.NDArray[Any]
    texts: Sequence[str | None]


@dataclass(frozen=True)
class Numbered:
    """A prefix and a number with leading zeros: keys of one length."""

    prefix: str
    numbers: npt.NDArray[Any]
    digits: int = 8


@dataclass(frozen=True)
class Sometimes:
    """A value only where it is present; elsewhere null or, of a text, empty."""

    values: npt.NDArray[Any] | Numbered
    is_present: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class One:
    """The number one, as `numeric`."""


Values = npt.NDArray[Any] | Coded | Numbered | Sometimes | One | str | int | bool | None
# Rows from .. to of one column: a matrix of bytes, and which of them count (None: all).
Part = Callable[[int, int], tuple[Bytes, npt.NDArray[np.bool_] | None]]


def encoded(columns: Mapping[str, Values], types: Mapping[str, str], rows: int) -> Iterator[bytes]:
    """The rows in pieces, without header and trailer. `types`: PostgreSQL's, by column."""
    parts = [_part(values, types[name]) for name, values in columns.items()]
    opening = np.frombuffer(np.array(len(parts), ">i2").tobytes(), np.uint8)
    for start in range(0, rows, CHUNK):
        yield _rows(parts, opening, start, min(start + CHUNK, rows))


def _rows(parts: Sequence[Part], opening: Bytes, start: int, end: int) -> bytes:
    pieces = [(np.broadcast_to(opening, (end - start, 2)), None)]
    pieces += [part(start, end) for part in parts]
    matrix = np.concatenate([piece for piece, _ in pieces], axis=1)
    if all(counting is None for _, counting in pieces):
        return matrix.tobytes()
    counts = np.ones(matrix.shape, dtype=np.bool_)
    at = 0
    for piece, counting in pieces:
        if counting is not None:
            counts[:, at : at + piece.shape[1]] = counting
        at += piece.shape[1]
    return matrix[counts].tobytes()


def _part(values: Values, kind: str) -> Part:
    match values:
        case Coded():
            return _coded(values)
        case Numbered():
            return _numbered(values)
        case Sometimes():
            return _sometimes(values, kind)
        case np.ndarray():
            return _fixed(values, kind)
        case _:
            return _constant(values, kind)


def _constant(values: Values, kind: str) -> Part:
    cell = np.frombuffer(_cell(values, kind), np.uint8)
    return lambda start, end: (np.broadcast_to(cell, (end - start, cell.size)), None)


def _cell(values: Values, kind: str) -> bytes:
    """One value with its length before it."""
    if values is None:
        return np.array(-1, ">i4").tobytes()
    if isinstance(values, One):
        content = _ONE
    elif isinstance(values, str):
        content = values.encode()
    else:
        number = int(values) - _TO_2000 if kind.startswith("timestamp") else values  # type: ignore[arg-type]
        content = np.array(number, _FIXED[kind]).tobytes()
    return np.array(len(content), ">i4").tobytes() + content


def _fixed(values: npt.NDArray[Any], kind: str) -> Part:
    """Numbers, instants and booleans."""
    target = np.dtype(_FIXED[kind])
    length = np.frombuffer(np.array(target.itemsize, ">i4").tobytes(), np.uint8)

    def part(start: int, end: int) -> tuple[Bytes, None]:
        piece = values[start:end]
        if kind.startswith("timestamp"):
            piece = piece - _TO_2000
        content = np.ascontiguousarray(piece.astype(target)).view(np.uint8)
        rows = np.empty((end - start, 4 + target.itemsize), np.uint8)
        rows[:, :4] = length
        rows[:, 4:] = content.reshape(end - start, target.itemsize)
        return rows, None

    return part


def _coded(values: Coded) -> Part:
    cells = [_cell(text, "text") for text in values.texts]
    width = max(map(len, cells))
    table = np.zeros((len(cells), width), np.uint8)
    counting = np.zeros((len(cells), width), np.bool_)
    for row, cell in enumerate(cells):
        table[row, : len(cell)] = np.frombuffer(cell, np.uint8)
        counting[row, : len(cell)] = True

    def part(start: int, end: int) -> tuple[Bytes, npt.NDArray[np.bool_] | None]:
        codes = values.codes[start:end]
        return table[codes], None if counting.all() else counting[codes]

    return part


def _numbered(values: Numbered) -> Part:
    prefix = np.frombuffer(values.prefix.encode(), np.uint8)
    width = prefix.size + values.digits
    opening = np.concatenate([np.frombuffer(np.array(width, ">i4").tobytes(), np.uint8), prefix])
    powers = 10 ** np.arange(values.digits - 1, -1, -1, dtype=np.int64)

    def part(start: int, end: int) -> tuple[Bytes, None]:
        numbers = values.numbers[start:end].astype(np.int64)
        rows = np.empty((end - start, 4 + width), np.uint8)
        rows[:, : opening.size] = opening
        rows[:, opening.size :] = numbers[:, None] // powers % 10 + ord("0")
        return rows, None

    return part


def _sometimes(values: Sometimes, kind: str) -> Part:
    """Where it isn't present only a length is sent: -1, or of a text 0."""
    inner = _part(values.values, kind)
    absent = np.array(0 if isinstance(values.values, Numbered) else -1, ">i4").tobytes()
    nothing = np.frombuffer(absent, np.uint8)

    def part(start: int, end: int) -> tuple[Bytes, npt.NDArray[np.bool_]]:
        rows, _ = inner(start, end)
        is_present = values.is_present[start:end]
        rows[~is_present, :4] = nothing
        counting = np.broadcast_to(is_present[:, None], rows.shape).copy()
        counting[:, :4] = True
        return rows, counting

    return part
