"""Sets of contacts as bitmaps over a workspace's dense contact numbers."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from contacts.models import NUMBER_BITS, NUMBER_MASK

Bits = npt.NDArray[np.uint8]

# array_send: header of 20 bytes (dimensions, flags, type, length, lower bound), then for each
# element its length and its value, four bytes each.
_ARRAY_HEADER = 20

_SPARSE = 8  # with anybody in fewer than every eighth word
_WORD = 8  # bytes: bits are kept in whole words, so that they can be counted word by word


@dataclass(frozen=True, eq=False)
class ContactSet:
    """A set of contacts of one workspace. Sets of different length combine; the longer wins."""

    workspace_id: int
    bits: Bits  # packed, little-endian bit order: bit n is contact number n

    @classmethod
    def empty(cls, workspace_id: int) -> ContactSet:
        return cls(workspace_id, np.zeros(0, dtype=np.uint8))

    @classmethod
    def from_numbers(cls, workspace_id: int, numbers: npt.NDArray[np.int32]) -> ContactSet:
        """Repeats are allowed."""
        if numbers.size == 0:
            return cls.empty(workspace_id)
        words = (int(numbers.max()) // 8 + _WORD) // _WORD
        flags = np.zeros(words * _WORD * 8, dtype=np.bool_)
        flags[numbers] = True
        return cls(workspace_id, np.packbits(flags, bitorder="little"))

    @classmethod
    def from_flags(cls, workspace_id: int, flags: npt.NDArray[np.bool_]) -> ContactSet:
        """From whether each contact is in it, by number."""
        return cls.from_bytes(workspace_id, np.packbits(flags, bitorder="little").data)

    @classmethod
    def from_ids(cls, workspace_id: int, ids: Iterable[int]) -> ContactSet:
        """Ids of other workspaces are left out: their numbers are those of other people."""
        own = (i & NUMBER_MASK for i in ids if i >> NUMBER_BITS == workspace_id)
        numbers = np.fromiter(own, dtype=np.int64)
        return cls.from_numbers(workspace_id, numbers.astype(np.int32))

    @classmethod
    def from_array_send(cls, workspace_id: int, sent: bytes | memoryview | None) -> ContactSet:
        """From PostgreSQL's `array_send(array_agg(number::int4))`; null is the empty set."""
        return cls.from_numbers(workspace_id, cls.numbers_sent(sent))

    @staticmethod
    def values_sent(sent: bytes | memoryview, *, is_float: bool = False) -> npt.NDArray[Any]:
        """From `array_send(array_agg(value::int8))`, or `::float8`, in the order sent."""
        sent_as, kept_as = (">f8", np.float64) if is_float else (">i8", np.int64)
        row = np.dtype([("length", ">i4"), ("value", sent_as)])
        return np.frombuffer(sent, dtype=row, offset=_ARRAY_HEADER)["value"].astype(kept_as)

    @staticmethod
    def numbers_sent(sent: bytes | memoryview | None) -> npt.NDArray[np.int32]:
        """The numbers in the order sent, repeats included."""
        if sent is None:
            return np.zeros(0, dtype=np.int32)
        return np.frombuffer(sent, dtype=">i4", offset=_ARRAY_HEADER)[1::2].astype(np.int32)

    @classmethod
    def unpack(cls, workspace_id: int, packed: bytes | memoryview) -> ContactSet:
        """From what `pack` stored."""
        return cls.from_bytes(workspace_id, zlib.decompress(packed))

    @classmethod
    def from_bytes(cls, workspace_id: int, raw: bytes | memoryview) -> ContactSet:
        """From bits as they are, of any length."""
        bits = np.frombuffer(raw, dtype=np.uint8)
        return cls(workspace_id, np.pad(bits, (0, -bits.size % _WORD)))

    def to_bytes(self) -> bytes:
        """The bits as they are, without the empty end."""
        return self.bits.tobytes().rstrip(b"\0")

    def pack(self) -> bytes:
        """For storage."""
        return zlib.compress(self.to_bytes(), level=1)

    def __and__(self, other: ContactSet) -> ContactSet:
        short = min(self.bits.size, other.bits.size)
        return ContactSet(self.workspace_id, self.bits[:short] & other.bits[:short])

    def __or__(self, other: ContactSet) -> ContactSet:
        if self.bits.size == other.bits.size:
            return ContactSet(self.workspace_id, self.bits | other.bits)
        long, short = (self, other) if self.bits.size >= other.bits.size else (other, self)
        if not short.bits.size:
            return long
        bits = long.bits.copy()
        bits[: short.bits.size] |= short.bits
        return ContactSet(self.workspace_id, bits)

    def __xor__(self, other: ContactSet) -> ContactSet:
        long, short = (self, other) if self.bits.size >= other.bits.size else (other, self)
        bits = long.bits.copy()
        bits[: short.bits.size] ^= short.bits
        return ContactSet(self.workspace_id, bits)

    def __sub__(self, other: ContactSet) -> ContactSet:
        if self.bits.size == other.bits.size:
            return ContactSet(self.workspace_id, self.bits & ~other.bits)
        if not other.bits.size:
            return self
        bits = self.bits.copy()
        short = min(self.bits.size, other.bits.size)
        bits[:short] &= ~other.bits[:short]
        return ContactSet(self.workspace_id, bits)

    def __len__(self) -> int:
        return self._length

    @cached_property
    def _length(self) -> int:
        # Contact numbers have 31 bits.
        return int(np.bitwise_count(self.bits.view(np.uint64)).sum(dtype=np.uint32))

    def __bool__(self) -> bool:
        return bool(self.bits.any())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContactSet):
            return NotImplemented
        return self.workspace_id == other.workspace_id and not (self - other) and not (other - self)

    def __contains__(self, contact_id: int) -> bool:
        if contact_id >> NUMBER_BITS != self.workspace_id:
            return False
        byte, bit = divmod(contact_id & NUMBER_MASK, 8)
        return byte < self.bits.size and bool(self.bits[byte] >> bit & 1)

    def with_answers(self, asked: ContactSet, answers: ContactSet) -> ContactSet:
        """The same, but for the contacts asked about as answered."""
        return (self - asked) | (answers & asked)

    def numbers(self) -> npt.NDArray[np.int64]:
        """Contact numbers, ascending."""
        words = np.flatnonzero(self.bits.view(np.uint64))
        if words.size * _SPARSE > self.bits.size // _WORD:
            return np.flatnonzero(np.unpackbits(self.bits, bitorder="little"))
        # Of few contacts among many only their words are looked into.
        some = np.unpackbits(self.bits.reshape(-1, _WORD)[words], axis=1, bitorder="little")
        row, bit = np.nonzero(some)
        return words[row] * (_WORD * 8) + bit

    def ids(self) -> Iterator[int]:
        """Contact ids, ascending."""
        base = self.workspace_id << NUMBER_BITS
        return (base | int(number) for number in self.numbers())

    def id_list(self, limit: int | None = None, after: int = 0) -> list[int]:
        """The first `limit` ids greater than `after`."""
        base = self.workspace_id << NUMBER_BITS
        numbers = self.numbers()
        if after:
            numbers = numbers[numbers > (after & NUMBER_MASK)]
        return [base | int(number) for number in numbers[:limit]]
