"""Lookups of our own."""

from __future__ import annotations

from typing import Any

from django.db import models

from segments.criteria.values import escape_like


class MatchesPattern(models.Lookup[str]):
    """`*` is any text, `?` any one character; everything else means itself."""

    lookup_name = "matches_pattern"

    def get_prep_lookup(self) -> str:
        return escape_like(str(self.rhs)).replace("*", "%").replace("?", "_")

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} LIKE {rhs}", (*lhs_params, *rhs_params)


class Normalised(models.Transform):
    """Text as `contacts.text.normalise` makes it, for columns stored as given.

    Where a column can be normalised on write, store it so: this can't use an index.
    """

    lookup_name = "normalised"
    # The collation brings full Unicode case folding, whatever the database's own locale.
    template = (
        "btrim(normalize(casefold(normalize(%(expressions)s, NFC) COLLATE pg_unicode_fast), NFC))"
    )
    output_field = models.TextField()


models.CharField.register_lookup(Normalised)
models.CharField.register_lookup(MatchesPattern)
models.TextField.register_lookup(MatchesPattern)
