"""How values compare (semantics 7 to 9)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

NEGATIVE = {
    "none_of": "any_of",
    "not_contains": "contains",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "not_matches": "matches",
    "has_no_value": "has_value",
    "not_all_of": "all_of",
    "is_not": "is",
    "not_exactly": "exactly",
}


def fold(text: str) -> str:
    """NFC(casefold(NFC(x))), without surrounding space."""
    once = unicodedata.normalize("NFC", text).casefold()
    return unicodedata.normalize("NFC", once).strip()


def number_passes(number: Any, operator: str, value: Any, upper: Any = None) -> bool:
    """A missing number passes nothing but "not exactly"."""
    if number is None:
        return operator == "not_exactly"
    tests: dict[str, Callable[[], bool]] = {
        "at_least": lambda: number >= value,
        "more_than": lambda: number > value,
        "at_most": lambda: number <= value,
        "less_than": lambda: number < value,
        "exactly": lambda: number == value,
        "not_exactly": lambda: number != value,
        "between": lambda: value <= number <= upper,
    }
    return bool(tests[operator]())


def text_passes(text: str | None, operator: str, values: Sequence[str]) -> bool:
    """No text, or an empty one, is no value: negative operators include it."""
    if operator in NEGATIVE:
        return not text_passes(text, NEGATIVE[operator], values)
    held = fold(text or "")
    if operator == "has_value" or not held:
        return bool(held)
    tests: dict[str, Callable[[str], bool]] = {
        "any_of": lambda wanted: held == wanted,
        "contains": lambda wanted: wanted in held,
        "starts_with": held.startswith,
        "ends_with": held.endswith,
        "matches": lambda wanted: pattern_fits(wanted, held),
    }
    return any(tests[operator](fold(value)) for value in values)


def pattern_fits(pattern: str, text: str) -> bool:
    """`*` is any text, `?` one character."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(pattern_fits(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and pattern_fits(pattern[1:], text[1:])
