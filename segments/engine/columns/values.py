"""Values of columns as they are kept: numbers, whatever they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Values = npt.NDArray[Any]
Kind = Literal["contact", "integer", "instant", "flag", "choice"]

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts microseconds from here


class Unanswerable(Exception):
    """Only the database can tell."""


@dataclass(frozen=True)
class Summary:
    """What is known of a block's column without reading it; bounds are None where all are null."""

    kind: Kind
    low: int | None
    high: int | None
    has_nulls: bool
    choices: tuple[str, ...] = ()  # what the numbers of a choice stand for

    @property
    def is_constant(self) -> bool:
        return self.low is None or (self.low == self.high and not self.has_nulls)

    @property
    def dtype(self) -> npt.DTypeLike:
        """The narrowest that holds the values."""
        low, high = self.low or 0, self.high or 0
        if self.kind == "contact":
            return np.int32
        fitting = (d for d in _WIDTHS if np.iinfo(d).min <= low and high <= np.iinfo(d).max)
        return next(fitting, np.int64)


_WIDTHS: tuple[Any, ...] = (np.int8, np.int16, np.int32)


@dataclass(frozen=True)
class Column:
    """Values of a block's rows; those that are missing are anything."""

    summary: Summary
    values: Values
    nulls: Flags | None = None

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.values.nbytes) + (0 if self.nulls is None else int(self.nulls.nbytes))

    def pack(self) -> bytes:
        """For storage: the values, and which are missing."""
        values = self.values.astype(self.summary.dtype).tobytes()
        if self.nulls is None:
            return values
        return values + np.packbits(self.nulls, bitorder="little").tobytes()

    @classmethod
    def unpack(cls, summary: Summary, rows: int, packed: bytes | memoryview) -> Column:
        """From what `pack` made."""
        dtype = np.dtype(summary.dtype)
        values = np.frombuffer(packed, dtype=dtype, count=rows)
        if not summary.has_nulls:
            return cls(summary, values)
        bits = np.frombuffer(packed, dtype=np.uint8, offset=rows * dtype.itemsize)
        nulls = np.unpackbits(bits, count=rows, bitorder="little").astype(np.bool_)
        return cls(summary, values, nulls)

    def spread(self, places: Values, size: int) -> Column:
        """Each row at its place among so many; what stands elsewhere is anything that occurs."""
        values = np.full(size, self.summary.low or 0, dtype=self.values.dtype)
        values[places] = self.values
        nulls = None
        if self.nulls is not None:
            nulls = np.zeros(size, dtype=np.bool_)
            nulls[places] = self.nulls
        return Column(self.summary, values, nulls)

    def as_positions(self) -> Column:
        """The same, wide enough to be used as positions of an array without a conversion."""
        return replace(self, values=self.values.astype(np.intp))

    @classmethod
    def constant(cls, summary: Summary, rows: int) -> Column:
        """Of a column that is the same in all rows."""
        values = np.full(rows, summary.low or 0, dtype=summary.dtype)
        return cls(summary, values, np.ones(rows, dtype=np.bool_) if summary.low is None else None)

    @classmethod
    def made(
        cls, kind: Kind, choices: Iterable[str], values: Values, nulls: Flags | None
    ) -> Column:
        """With what is to be known of it."""
        if nulls is not None and not nulls.any():
            nulls = None
        there = values if nulls is None else values[~nulls]
        low, high = (int(there.min()), int(there.max())) if there.size else (None, None)
        return cls(Summary(kind, low, high, nulls is not None, tuple(choices)), values, nulls)


def whole(value: Any) -> int:
    """A parameter as a whole number."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unanswerable
    return int(value)


def value_of(value: Any, summary: Summary) -> int:
    """A parameter as such a column's values are kept."""
    if summary.kind == "integer":
        return whole(value)
    if summary.kind == "instant" and isinstance(value, datetime) and value.tzinfo is not None:
        return (value - EPOCH) // timedelta(microseconds=1)
    if summary.kind == "choice" and str(value) in summary.choices:
        return summary.choices.index(str(value))
    raise Unanswerable
