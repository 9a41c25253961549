"""Finding text however its accents and capitals are written.

Only for search in suggestions: how a criterion compares text (contacts/text.py) keeps accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache

# Latin, Greek and Cyrillic letters, without and with accents.
ALPHABETS = (range(0x41, 0x7B), range(0xC0, 0x530), range(0x1E00, 0x2000))
# Letters that Unicode doesn't take apart, though people type them without their stroke or dot.
STROKES = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i"}


def loose_pattern(text: str) -> str:
    """A PostgreSQL regular expression for text that contains this, accents and case ignored."""
    return "".join(_one(letter) for letter in unicodedata.normalize("NFC", text))


def _one(letter: str) -> str:
    spellings = _spellings().get(_bare(letter), "")
    return f"[{spellings}]" if letter in spellings else re.escape(letter)


def _bare(letter: str) -> str:
    """The small letter without its accents."""
    first, *marks = list(unicodedata.normalize("NFD", letter.lower()))
    if all(map(unicodedata.combining, marks)):
        return STROKES.get(first, first)
    return letter


@cache
def _spellings() -> dict[str, str]:
    """Every letter without accents, with all the ways to write it."""
    found: dict[str, str] = defaultdict(str)
    for alphabet in ALPHABETS:
        for letter in filter(str.isalpha, map(chr, alphabet)):
            found[_bare(letter)] += letter
    return dict(found)
