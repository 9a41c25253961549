"""E-mail addresses of many contacts at once, known by their hashes.

Twins (contacts with one address) have one hash, so that hold-outs, tests and duplicates are
decided by address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import models
from django.db.models import Aggregate, QuerySet

from contacts.models import NUMBER_BITS, NUMBER_MASK, AttributeValue
from segments.criteria.scope import Scope
from segments.engine.sets import ContactSet

HASH = 32  # bytes
POINTS = 10_000
_WORDS = HASH // 8
# An answer of the database may have a gigabyte, written in hexadecimal.
MOST_AT_ONCE = 8_000_000

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint8]  # a row of 32 bytes each


class NumbersSent(Aggregate):
    """The contact numbers of rows, repeats included, for `ContactSet.numbers_sent`."""

    template = f"array_send(array_agg((%(expressions)s & {NUMBER_MASK})::int4))"
    output_field = models.BinaryField()


class BytesJoined(Aggregate):
    """The bytes of rows one after the other, in the order of `NumbersSent` beside it."""

    template = "string_agg(%(expressions)s, ''::bytea)"
    output_field = models.BinaryField()


@dataclass(frozen=True)
class Mailboxes:
    """Contact numbers, ascending, and the hash of each one's address."""

    workspace_id: int
    numbers: Numbers
    hashes: Hashes

    def __len__(self) -> int:
        return int(self.numbers.size)

    def contacts(self) -> ContactSet:
        return ContactSet.from_numbers(self.workspace_id, self.numbers.astype(np.int32))

    def of(self, contacts: ContactSet) -> Mailboxes:
        """Those of these contacts."""
        return self._where(np.isin(self.numbers, contacts.numbers(), assume_unique=True))

    def repeated(self) -> ContactSet:
        """Contacts whose address another contact with a lower id has."""
        words = self._words()
        order = np.lexsort((self.numbers, *words.T))
        ordered = words[order]
        is_same = np.zeros(len(self), dtype=np.bool_)
        is_same[1:] = (ordered[1:] == ordered[:-1]).all(axis=1)
        return self._set(self.numbers[order[is_same]])

    def among(self, hashes: Collection[bytes]) -> ContactSet:
        """Contacts whose address is one of these."""
        if not hashes:
            return ContactSet.empty(self.workspace_id)
        wanted = set(hashes)
        is_one = np.fromiter((each in wanted for each in self._each()), np.bool_, len(self))
        return self._set(self.numbers[is_one])

    def in_points(self, salt: str, points: int) -> ContactSet:
        """Contacts whose address falls into the first `points` of 10,000 hash buckets."""
        if not points:
            return ContactSet.empty(self.workspace_id)
        buckets = np.fromiter((bucket_of(salt, each) for each in self._each()), np.int64, len(self))
        return self._set(self.numbers[buckets < points])

    def shuffled(self, salt: str) -> npt.NDArray[np.uint64]:
        """A random number a contact, the same for the same salt and address."""
        keys = (_digest(salt, each) for each in self._each())
        return np.fromiter((int.from_bytes(key[:8], "big") for key in keys), np.uint64, len(self))

    def _each(self) -> Iterator[bytes]:
        raw = np.ascontiguousarray(self.hashes).tobytes()
        return (raw[at : at + HASH] for at in range(0, len(raw), HASH))

    def _words(self) -> npt.NDArray[np.uint64]:
        return np.ascontiguousarray(self.hashes).view(np.uint64).reshape(-1, _WORDS)

    def _where(self, chosen: npt.NDArray[Any]) -> Mailboxes:
        return Mailboxes(self.workspace_id, self.numbers[chosen], self.hashes[chosen])

    def _set(self, numbers: Numbers) -> ContactSet:
        return ContactSet.from_numbers(self.workspace_id, numbers.astype(np.int32))


def bucket_of(salt: str, address_hash: bytes) -> int:
    """0 to 9,999: the first 8 hexadecimal digits of md5("salt:hash in hexadecimal") modulo
    10,000."""
    return int.from_bytes(_digest(salt, address_hash)[:4], "big") % POINTS


def _digest(salt: str, address_hash: bytes) -> bytes:
    text = f"{salt}:{address_hash.hex()}".encode()
    return hashlib.md5(text, usedforsecurity=False).digest()


def read_mailboxes(scope: Scope, highest: int) -> Mailboxes:
    """The e-mail address of everybody the scope asks about who has one at its instant.

    `highest`: no contact has a greater number.
    """
    workspace_id = scope.workspace.pk
    rows = scope.attribute_values("email").filter(address_hash__isnull=False)
    parts = list(_parts(rows, workspace_id, highest))
    numbers = np.concatenate([part[0] for part in parts])
    hashes = np.concatenate([part[1] for part in parts])
    order = np.argsort(numbers, kind="stable")
    return Mailboxes(workspace_id, numbers[order], hashes[order])


def _parts(
    rows: QuerySet[AttributeValue], workspace_id: int, highest: int
) -> Iterable[tuple[Numbers, Hashes]]:
    base = workspace_id << NUMBER_BITS
    for first in range(0, highest + 1, MOST_AT_ONCE):
        part = rows
        if highest >= MOST_AT_ONCE:
            part = rows.filter(
                contact_id__gte=base + first, contact_id__lt=base + first + MOST_AT_ONCE
            )
        sent = part.aggregate(numbers=NumbersSent("contact_id"), hashes=BytesJoined("address_hash"))
        numbers = ContactSet.numbers_sent(sent["numbers"]).astype(np.int64)
        raw = np.frombuffer(bytes(sent["hashes"] or b""), dtype=np.uint8)
        yield numbers, raw.reshape(-1, HASH)
