"""How text is compared: NFC(casefold(NFC(x))), accents significant."""

from __future__ import annotations

import unicodedata

# Index entries are limited in PostgreSQL; 128 characters are at most 512 bytes.
KEY_LENGTH = 128


def normalise(value: str) -> str:
    """The form in which text is compared; casefold alone may leave NFC."""
    folded = unicodedata.normalize("NFC", value).casefold()
    return unicodedata.normalize("NFC", folded).strip()


def key_of(normalised: str) -> str:
    """The indexed beginning of normalised text; the full text is checked after it."""
    return normalised[:KEY_LENGTH]
