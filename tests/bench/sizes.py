"""What it takes in memory and on disk."""

from __future__ import annotations

import resource

from django.db import connection

from segments.models import KeptColumn, LeafSet, LeafVector, Snapshot
from tests.bench.measure import Figure, measures
from tests.bench.prepared import Bench

TABLES = tuple(model._meta.db_table for model in (LeafSet, LeafVector, KeptColumn, Snapshot))


@measures("memory", "Memory")
def memory(bench: Bench, repeats: int) -> list[Figure]:
    """The most this process ever held, DuckDB's part of it included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [Figure("most held by the measuring process, with DuckDB in it", f"{peak:,.0f} MiB")]


@measures("disk", "Disk")
def disk(bench: Bench, repeats: int) -> list[Figure]:
    """The database, and what leaf sets and snapshots take of it."""
    figures = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        figures.append(Figure("the whole database", _megabytes(cursor.fetchone()[0])))
        for table in TABLES:
            cursor.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
            figures.append(Figure(table, _megabytes(cursor.fetchone()[0])))
    return figures


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
