"""The bulk path (docs/operations.md): COPY as the owner into tables without indexes and keys.

One transaction: whoever looks sees either nothing of it or all, and a failure leaves everything
as it was. Row-level security isn't forced on the owner meanwhile; nobody else gets in, because
the transaction holds the tables.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from tests.bench.encode import HEADER, TRAILER, Values, encoded

# For building indexes and checking keys.
SETTINGS = {"work_mem": "512MB", "max_parallel_maintenance_workers": "2"}


@dataclass(frozen=True)
class Rows:
    """Rows for one table: values by column."""

    table: str
    columns: Mapping[str, Values]
    number: int


@dataclass
class BulkLoad:
    """COPYs into tables whose indexes and keys are away."""

    connection: psycopg.Connection[Any]
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()

    def copy(self, parts: Iterable[Rows]) -> int:
        """Store rows of one table, perhaps of several workspaces; return how many."""
        copied, given = 0, iter(parts)
        first = next(given, None)
        if first is None:
            return 0
        types = self.types[first.table]
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary{})").format(
            sql.Identifier(first.table),
            sql.SQL(", ").join(map(sql.Identifier, first.columns)),
            sql.SQL(", FREEZE" if first.table in self.empty else ""),
        )

        def pieces() -> Iterator[bytes]:
            nonlocal copied
            yield HEADER
            part: Rows | None = first
            while part is not None:
                copied += part.number
                columns = {name: part.columns[name] for name in first.columns}
                yield from encoded(columns, types, part.number)
                part = next(given, None)
            yield TRAILER

        with self.connection.cursor().copy(statement) as copy:
            for piece in _ahead(pieces()):
                copy.write(piece)
        return copied


def _ahead(pieces: Iterator[bytes], depth: int = 4) -> Iterator[bytes]:
    """Encode in a thread while the server works on what was sent."""
    ready: queue.Queue[bytes | BaseException | None] = queue.Queue(depth)

    def encode() -> None:
        try:
            for piece in pieces:
                ready.put(piece)
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    threading.Thread(target=encode, daemon=True).start()
    while (piece := ready.get()) is not None:
        if isinstance(piece, BaseException):
            raise piece
        yield piece


@contextmanager
def bulk_load(
    connection: psycopg.Connection[Any],
    tables: Sequence[str],
    *,
    memory: str = "1GB",
    step: Callable[[str], None] = lambda text: None,
) -> Iterator[BulkLoad]:
    """Take indexes and keys away, let rows be copied, put everything back as it was, commit.

    The connection is the owner's. Sequences of ids are moved on.
    """
    with connection.transaction():
        for name, value in {**SETTINGS, "maintenance_work_mem": memory}.items():
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        touched = _touched(connection, tables)
        forced = _forced(connection, touched)
        for table in forced:
            _alter(connection, table, "NO FORCE ROW LEVEL SECURITY")
        constraints = _constraints(connection, tables)
        indexes = _indexes(connection, tables)
        for table, name, _definition in constraints:
            _alter(connection, table, 'DROP CONSTRAINT "' + name + '"')
        for name, _definition in indexes:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        foreign: list[str] = []
        yield BulkLoad(connection, _types(connection, tables), _emptied(connection, tables))
        for table in tables:  # foreign keys are checked by joins, which need a plan
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
        for table, name, definition in reversed(constraints):  # primary keys first
            _alter(connection, table, f'ADD CONSTRAINT "{name}" {definition}')
            if definition.startswith("FOREIGN"):
                foreign.append(name)
        step(
            f"built {len(constraints) - len(foreign)} keys and checked {len(foreign)} foreign keys"
        )
        for _name, definition in indexes:
            connection.execute(definition)  # type: ignore[arg-type]
        step(f"built {len(indexes)} indexes")
        _move_sequences(connection, tables)  # while the owner still sees all rows
        for table in forced:
            _alter(connection, table, "FORCE ROW LEVEL SECURITY")


def tidy(connection: psycopg.Connection[Any], tables: Sequence[str]) -> None:
    """Statistics for the planner, and the visibility that index-only scans need."""
    for table in tables:
        connection.execute(sql.SQL("VACUUM (FREEZE, ANALYZE) {}").format(sql.Identifier(table)))


def _alter(connection: psycopg.Connection[Any], table: str, what: str) -> None:
    # What stands in the catalog goes back as PostgreSQL itself spelled it.
    connection.execute(sql.SQL("ALTER TABLE {} " + what).format(sql.Identifier(table)))  # type: ignore[arg-type]


def _touched(connection: psycopg.Connection[Any], tables: Sequence[str]) -> list[str]:
    """The tables and those their foreign keys lead to or come from."""
    rows = connection.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND (conrelid::regclass::text = ANY(%(tables)s)"
        " OR confrelid::regclass::text = ANY(%(tables)s))",
        {"tables": list(tables)},
    )
    return sorted({*tables, *(name for row in rows for name in row)})


def _forced(connection: psycopg.Connection[Any], tables: Sequence[str]) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relforcerowsecurity AND relname = ANY(%s) ORDER BY relname",
        [list(tables)],
    )
    return [name for (name,) in rows]


def _emptied(connection: psycopg.Connection[Any], tables: Sequence[str]) -> frozenset[str]:
    """Tables that hold nothing are made anew, so that rows can be frozen as they come in."""
    empty = set()
    for table in tables:
        name = sql.Identifier(table)
        found = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(name))
        if found.fetchone() == (False,):
            connection.execute(sql.SQL("TRUNCATE {}").format(name))
            empty.add(table)
    return frozenset(empty)


def _constraints(
    connection: psycopg.Connection[Any], tables: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Keys of the tables and foreign keys to them; foreign ones first. Checks stay."""
    return connection.execute(
        "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE"
        " (contype IN ('p', 'u') AND conrelid::regclass::text = ANY(%(tables)s))"
        " OR (contype = 'f' AND (conrelid::regclass::text = ANY(%(tables)s)"
        " OR confrelid::regclass::text = ANY(%(tables)s)))"
        " ORDER BY contype <> 'f', conname",
        {"tables": list(tables)},
    ).fetchall()


def _indexes(connection: psycopg.Connection[Any], tables: Sequence[str]) -> list[tuple[str, str]]:
    """Indexes that no key stands on."""
    return connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid::regclass::text = ANY(%s) AND NOT EXISTS (SELECT FROM pg_constraint"
        " WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x')) ORDER BY indrelid, 1",
        [list(tables)],
    ).fetchall()


def _types(connection: psycopg.Connection[Any], tables: Sequence[str]) -> dict[str, dict[str, str]]:
    """The columns' types; text by any name is text."""
    rows = connection.execute(
        "SELECT attrelid::regclass::text, attname::text, format_type(atttypid, NULL)"
        " FROM pg_attribute"
        " WHERE attrelid::regclass::text = ANY(%s) AND attnum > 0 AND NOT attisdropped",
        [list(tables)],
    )
    types: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        types.setdefault(table, {})[column] = kind
    return types


def _move_sequences(connection: psycopg.Connection[Any], tables: Sequence[str]) -> None:
    rows = connection.execute(
        "SELECT oid::regclass::text, pg_get_serial_sequence(oid::regclass::text, 'id')"
        " FROM pg_class WHERE oid::regclass::text = ANY(%s)",
        [list(tables)],
    ).fetchall()
    for table, sequence in rows:
        if sequence is not None:
            connection.execute(
                sql.SQL("SELECT setval(%s, greatest(max(id), 1)) FROM {}").format(
                    sql.Identifier(table)
                ),
                [sequence],
            )
