"""Which tables are kept column by column, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db import models

from segments.engine.columns.values import Kind
from tracking.models import Activity, MessageEvent, Visit
from transactions.models import ContactStatistics, Transaction
from workspaces.tenancy import WorkspaceModel

CONTACT = "contact_id"
OCCURRED = "occurred_at"


@dataclass(frozen=True)
class Kept:
    """One column: what its values are, and (of a choice) what their numbers stand for."""

    kind: Kind
    is_nullable: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A model's table, its rows in the order of a column that has an index."""

    model: type[WorkspaceModel]
    order: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @cached_property
    def columns(self) -> Mapping[str, Kept]:
        """By name, the contact first."""
        fields = {
            field.get_attname_column()[1]: field for field in self.model._meta.concrete_fields
        }
        return {CONTACT: Kept("contact", False)} | {n: _kept(fields[n]) for n in self.names}


def _kept(field: models.Field) -> Kept:  # type: ignore[type-arg]
    if isinstance(field, models.DateTimeField):
        return Kept("instant", field.null)
    if isinstance(field, models.BooleanField):
        return Kept("flag", field.null)
    if field.choices:
        return Kept("choice", field.null, tuple(str(value) for value, _ in field.flatchoices))
    return Kept("integer", field.null)


# Narrow columns that many rows of trees read. Whatever else a row asks about has an index.
TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            ContactStatistics,
            CONTACT,
            (
                *("settled_at", "number_of_orders", "goods_amount", "shipping_amount"),
                *("total_amount", "smallest_order", "largest_order", "units", "margin"),
                *("first_at", "last_at", "sources"),
            ),
        ),
        Table(
            Transaction,
            OCCURRED,
            (OCCURRED, "version_from", "superseded_at", "kind", "status", "goods_amount"),
        ),
        Table(Visit, OCCURRED, (OCCURRED,)),
        Table(MessageEvent, OCCURRED, (OCCURRED, "kind", "channel", "is_machine")),
        Table(Activity, OCCURRED, (OCCURRED, "kind_id")),
    )
}
