"""Looking for any of many values with one parameter."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


@models.ForeignObject.register_lookup
@models.Field.register_lookup
class AnyOf(models.Lookup[Any]):
    """`external_id__any_of=names`: what `__in` finds.

    One array rather than a parameter a value: the statement's text doesn't grow, and neither
    Python nor PostgreSQL takes thousands of values apart. None in it finds nothing.
    """

    lookup_name = "any_of"

    def get_prep_lookup(self) -> list[Any]:
        return list(self.rhs)

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Called by Django."""
        if not self.rhs:
            raise EmptyResultSet  # as `__in` does: nothing is asked
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*parameters, self.rhs)
