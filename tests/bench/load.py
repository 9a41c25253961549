"""Stores generated shops as the product would have recorded them, by the bulk path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from contacts.models import (
    AttributeDefinition,
    AttributeType,
    Contact,
    ContactCounter,
)
from contacts.services import define_attribute
from tests.bench import names
from tests.bench.bulk import BulkLoad, Rows, bulk_load, tidy
from tests.bench.encode import Values
from tests.bench.generate import SECOND, Shop
from tests.bench.rows import CURRENCY, MODELS, ROWS, Loaded, number_of
from tests.makers.workspaces import make_workspace
from tracking.models import ActivityKind
from tracking.services import define_activity_kind, define_builtin_kinds, record_coverage
from transactions.models import ContactStatistics
from transactions.services import rebuild_statistics
from workspaces.models import Workspace
from workspaces.tenancy import WorkspaceModel, workspace_scope

TABLES = tuple(model._meta.db_table for model in MODELS)


def load_shops(
    connection: psycopg.Connection[Any],
    shops: Sequence[Shop],
    *,
    now: datetime,
    memory: str = "1GB",
    step: Callable[[str], None] = lambda text: None,
) -> list[Workspace]:
    """Make a workspace of each shop. `connection` is the owner's, outside any transaction."""
    loaded = _with_ids(
        connection, [_prepared(shop, number, now) for number, shop in enumerate(shops)]
    )
    with bulk_load(connection, TABLES, memory=memory, step=step) as load:
        for model in MODELS:
            copied = _copy(load, model, loaded)
            step(f"copied {copied:,} rows into {model._meta.db_table}")
    step("committed")
    tidy(connection, TABLES)
    step("analysed")
    for each in loaded:
        _finish(each)
    tidy(connection, [ContactStatistics._meta.db_table])
    step("computed the statistics of contacts")
    return [each.workspace for each in loaded]


def _prepared(shop: Shop, number: int, now: datetime) -> Loaded:
    """The workspace with its definitions, which are few: by the services."""
    workspace = make_workspace(
        f"Bench {number} of {shop.size:,}",
        time_zone="Europe/Warsaw",
        base_currency=CURRENCY,
        now=now,
    )
    define_attribute(workspace=workspace, key="score", label="Score", type=AttributeType.NUMBER)
    with workspace_scope(workspace):
        define_builtin_kinds(workspace=workspace)
        for key in names.ACTIVITY_KINDS:
            define_activity_kind(workspace=workspace, key=key)
        attributes = dict(
            AttributeDefinition.objects.in_workspace(workspace).values_list("key", "pk")
        )
        kinds = dict(ActivityKind.objects.in_workspace(workspace).values_list("key", "pk"))
    return Loaded(workspace, shop, {}, attributes, kinds)


def _with_ids(connection: psycopg.Connection[Any], shops: list[Loaded]) -> list[Loaded]:
    """Give every table a range of ids for every shop."""
    following: dict[type[WorkspaceModel], int] = {}
    for model in MODELS:
        if model is not Contact:
            following[model] = _next_id(connection, model)
    result = []
    for each in shops:
        result.append(
            Loaded(each.workspace, each.shop, dict(following), each.attributes, each.kinds)
        )
        for model in following:
            following[model] += number_of(model, each.shop)
    return result


def _next_id(connection: psycopg.Connection[Any], model: type[WorkspaceModel]) -> int:
    """One more than the sequence ever gave: the owner can't see the rows themselves."""
    sequence = f"{model._meta.db_table}_id_seq"
    row = connection.execute(
        sql.SQL("SELECT last_value + 1 FROM {}").format(sql.Identifier(sequence))
    ).fetchone()
    return 1 if row is None else int(row[0])


def _copy(load: BulkLoad, model: type[WorkspaceModel], shops: Sequence[Loaded]) -> int:
    def parts() -> Iterator[Rows]:
        for each in shops:
            at = each.first_ids.get(model, 0)
            for rows in ROWS[model](each):
                columns: dict[str, Values] = {"workspace_id": each.workspace.pk, **rows.columns}
                if model is not Contact:
                    columns["id"] = np.arange(at, at + rows.number)
                at += rows.number
                yield Rows(rows.table, columns, rows.number)

    return load.copy(parts())


def _finish(each: Loaded) -> None:
    """Numbers go on after the last contact; since when what is recorded; the statistics rows."""
    shop, workspace = each.shop, each.workspace
    known = datetime.fromtimestamp(int(shop.contacts["known"].min()) / SECOND, tz=UTC)
    earliest = {
        "visits": shop.visits["at"],
        "transactions": shop.transactions["at"],
        "messages.email": shop.messages["at"],
    }
    for code, key in enumerate(names.ACTIVITY_KINDS):
        earliest[f"activities.{key}"] = shop.activities["at"][shop.activities["kind"] == code]
    with workspace_scope(workspace):
        ContactCounter.objects.in_workspace(workspace).update(next_number=shop.size + 1)
        AttributeDefinition.objects.in_workspace(workspace).filter(
            key__in=["city", "gender", "score"]
        ).update(first_known_at=known)
        record_coverage(
            workspace=workspace,
            earliest={
                source: datetime.fromtimestamp(int(instants.min()) / SECOND, tz=UTC)
                for source, instants in earliest.items()
            },
        )
    rebuild_statistics(workspace=workspace)
