"""What discount codes look like: made, and read from a file. Pure."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from contacts.text import normalise

MOST_CODES = 1_000_000  # at once
LONGEST = 60
SHORTEST_TAIL, LONGEST_TAIL = 8, 20

# No letters or digits that are taken for one another (0 O, 1 I L, 2 Z, 5 S, 8 B, U V) and no
# vowels: no code spells a word.
LETTERS = "CDFGHJKMNPQRTVWXY34679"

# A guess should meet one of the codes at most once in so many tries.
TRIES = 10_000_000

HEADINGS = frozenset({"code", "codes", "coupon", "coupons", "kod", "kody", "cupom", "cupons"})

FAULTS = {
    "empty": _("No code."),
    "too_long": _("Longer than 60 characters."),
    "not_plain": _("Codes hold no spaces and no unprintable characters."),
}


def key_of_code(code: str) -> str:
    """How codes and coupons of purchases are compared."""
    return normalise(code)


def fault_of(code: str) -> str:
    """Why it can't be a code: a key of `FAULTS`, or empty."""
    if not code:
        return "empty"
    if len(code) > LONGEST or len(key_of_code(code)) > LONGEST:
        return "too_long"
    return "" if code.isprintable() and " " not in code else "not_plain"


def read_codes(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """(line number, code): the first cell of each line that has one, without a heading."""
    for number, line in enumerate(lines, start=1):
        text = line.strip("\ufeff \t\r\n\x00")
        if not text:
            continue
        cell = _first_cell(text)
        if number > 1 or normalise(cell) not in HEADINGS:
            yield number, cell


def _first_cell(line: str) -> str:
    for separator in (";", "\t"):
        if separator in line:
            line = line.split(separator, 1)[0]
    try:
        return next(csv.reader([line]))[0].strip()
    except (csv.Error, StopIteration, IndexError):
        return ""


def tail_length(number: int, wanted: int) -> int:
    """How many random letters codes need so that so many of them can't be guessed."""
    length = max(SHORTEST_TAIL, wanted)
    while len(LETTERS) ** length < number * TRIES:
        length += 1
    return min(length, LONGEST_TAIL)


def new_codes(number: int, *, prefix: str, length: int) -> list[str]:
    """So many different codes: the prefix, then letters from the system's source of randomness."""
    found: dict[str, None] = {}
    while len(found) < number:
        for _number in range(number - len(found)):
            found[prefix + _random_tail(length)] = None
    return list(found)


def _random_tail(length: int) -> str:
    # 8 bytes beyond what the letters need: the remainder favours no letter by more than 2**-64.
    drawn = int.from_bytes(os.urandom(length * 5 // 8 + 8))
    letters = []
    for _position in range(length):
        drawn, letter = divmod(drawn, len(LETTERS))
        letters.append(LETTERS[letter])
    return "".join(letters)
