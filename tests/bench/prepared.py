"""The data of a run: generated and loaded, or found where a run before kept them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import psycopg
from django.conf import settings
from psycopg import sql

from segments.engine.columns.keeping import forget_table
from segments.engine.columns.tables import TABLES
from segments.models import KeptColumn, KeptTable, LeafSet, LeafVector
from segments.services.keeping import keep_tables
from tests.bench.duck import fill_duck, open_duck
from tests.bench.generate import AS_OF, Shop, generate_shop
from tests.bench.leaves import Leaf, leaves_of
from tests.bench.load import load_shops
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

FULL = 1_000_000  # contacts at scale 1
SMALL = 5_000
SMALL_TENANTS = 200  # at scale 1
PARAMETERS = ("host", "port", "user", "password", "dbname")


@dataclass(frozen=True)
class Bench:
    """The large shop, one of a tenth, small ones; the large one in DuckDB, too."""

    large: Workspace
    tenth: Workspace
    small: tuple[Workspace, ...]
    duck: duckdb.DuckDBPyConnection
    leaves: Mapping[str, Leaf]
    size: int
    as_of: datetime
    rows: Mapping[str, int]  # of the large shop
    seconds: Mapping[str, float]  # what each step of loading took

    def leaves_before(self, as_of: datetime) -> dict[str, Leaf]:
        """The leaves at an instant that facts have followed since."""
        return leaves_of(self.large, as_of, is_past=True)


def prepare(
    home: Path, *, scale: float, small_tenants: int, seed: int, step: Callable[[str], None]
) -> Bench:
    """Load what isn't there; a run that was interrupted while loading starts anew."""
    state = home / "loaded.json"
    if not state.exists():
        state.write_text(json.dumps(_load(home, scale, small_tenants, seed, step)))
    found = json.loads(state.read_text())
    workspaces = {each.pk: each for each in Workspace.objects.filter(pk__in=found["workspaces"])}
    large, tenth, *small = (workspaces[pk] for pk in found["workspaces"])
    _vacuum()
    start = perf_counter()
    _keep_tables(large)
    kept = {f"kept {len(TABLES)} tables of the large shop column by column": perf_counter() - start}
    _keep_tables(tenth)
    return Bench(
        large=large,
        tenth=tenth,
        small=tuple(small),
        duck=open_duck(home / "duck.db"),
        leaves=leaves_of(large, AS_OF),
        size=found["rows"]["contacts"],
        as_of=AS_OF,
        rows=found["rows"],
        seconds=found["seconds"] | kept,
    )


def _load(
    home: Path, scale: float, small_tenants: int, seed: int, step: Callable[[str], None]
) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    told = _telling(seconds, step)
    sizes = [round(FULL * scale), max(round(FULL * scale / 10), 500)]
    sizes += [SMALL] * small_tenants

    @cache
    def shop(number: int) -> Shop:
        return generate_shop(sizes[number], seed=seed, number=number)

    large = shop(0)
    told("generated the large shop")
    (home / "duck.db").unlink(missing_ok=True)
    shutil.rmtree(home / "duck.db.wal", ignore_errors=True)
    with open_duck(home / "duck.db") as duck:
        fill_duck(duck, large)
    told("filled DuckDB")
    shops = [shop(number) for number in range(len(sizes))]
    told("generated the others")
    with psycopg.connect(**owner_parameters(), autocommit=True) as owner:
        workspaces = load_shops(owner, shops, now=AS_OF, step=told)
    return {
        "workspaces": [workspace.pk for workspace in workspaces],
        "rows": large.rows(),
        "seconds": seconds,
    }


def _vacuum() -> None:
    """What is kept anew in each run takes the place of what was kept before: runs end before
    autovacuum gets there."""
    with psycopg.connect(**owner_parameters(), autocommit=True) as owner:
        for model in (KeptColumn, KeptTable, LeafSet, LeafVector):
            owner.execute(sql.SQL("VACUUM {}").format(sql.Identifier(model._meta.db_table)))


def _keep_tables(workspace: Workspace) -> None:
    """As a worker does; anew, since runs before have written to the change log, and without the
    sets that were kept before that."""
    with workspace_scope(workspace):
        LeafSet.objects.in_workspace(workspace).delete()
        LeafVector.objects.in_workspace(workspace).delete()
        for name in TABLES:
            forget_table(workspace=workspace, name=name)
    keep_tables(workspace=workspace, tables=TABLES, as_of=AS_OF, now=AS_OF)


def _telling(seconds: dict[str, float], step: Callable[[str], None]) -> Callable[[str], None]:
    import time

    last = time.perf_counter()

    def told(text: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[text] = round(now - last, 1)
        last = now
        step(f"{seconds[text]:7.1f} s  {text}")

    return told


def owner_parameters() -> dict[str, Any]:
    """What psycopg needs to connect as the owner."""
    found = settings.DATABASES["owner"]
    given = (found["HOST"], found["PORT"], found["USER"], found["PASSWORD"], found["NAME"])
    return dict(zip(PARAMETERS, given, strict=True))
