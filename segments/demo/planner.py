"""What PostgreSQL's planner has to know while tables grow from nothing."""

from __future__ import annotations

from django.db import connections
from psycopg import sql

_NEVER_LOOKED_AT = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
      AND reltuples < 0 AND pg_relation_size(oid) > 0
"""


def analyze_new_tables() -> None:
    """Let the planner look at tables that hold something since the last time; tables' owners may.

    PostgreSQL does so by itself after a minute. Until then it checks every foreign key into such
    a table by reading all of an index, because any index seems as good as the primary key's.
    """
    if "owner" not in list(connections):
        return
    with connections["owner"].cursor() as cursor:
        cursor.execute(_NEVER_LOOKED_AT)
        names = [sql.Identifier(name) for (name,) in cursor.fetchall()]
        if names:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(names)))
