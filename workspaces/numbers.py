from __future__ import annotations

LONGEST = 18  # digits; every number of so many fits a bigint


def whole_number(text: str, digits: int = LONGEST) -> int | None:
    """The number a text of plain digits is; None for any other text, and for a longer one."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= digits
    return int(text) if is_one else None
