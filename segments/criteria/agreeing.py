"""Phrases that agree with a number: "visited at least 1 time", "visited at least 3 times"."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from django.utils.translation import ngettext

# A number of each category of plurals that a browser tells apart (Intl.PluralRules).
CATEGORIES = {"one": 1, "few": 2, "many": 5}
MANY = CATEGORIES["many"]  # for a number that isn't known yet: the plural in every language


@dataclass(frozen=True)
class Agreeing:
    """A phrase with a singular; the number itself is one of its parameters."""

    singular: str
    plural: str

    def __str__(self) -> str:
        return self.with_number(MANY)

    def with_number(self, number: Any) -> str:
        """The phrase in the active language; a fraction counts as the next whole number."""
        return ngettext(self.singular, self.plural, ceil(abs(number)))


def agreeing(singular: str, plural: str) -> Agreeing:
    """Both forms as literals, so that they are found for translation (tools/messages.py)."""
    return Agreeing(singular, plural)
