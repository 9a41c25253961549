"""What tables there are, asked of the models and of PostgreSQL itself."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, models

from workspaces.tenancy import OUTSIDE_ROW_LEVEL_SECURITY, WorkspaceModel


def query(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def one(statement: str, parameters: Any = None) -> Any:
    return query(statement, parameters)[0][0]


def tenant_models() -> list[type[models.Model]]:
    """Models of tables under row-level security."""
    return sorted(
        (model for model in apps.get_models() if issubclass(model, WorkspaceModel)),
        key=lambda model: model._meta.label,
    )


def models_with_a_workspace() -> list[type[models.Model]]:
    """Those and the few outside."""
    outside = [
        model for model in apps.get_models() if model._meta.db_table in OUTSIDE_ROW_LEVEL_SECURITY
    ]
    return tenant_models() + outside


def tables_with_a_workspace() -> set[str]:
    """Every table (and partition) with a workspace_id column, as PostgreSQL says."""
    return {
        name
        for (name,) in query(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND a.attname = 'workspace_id' AND NOT a.attisdropped"
        )
    }


def tables_without_a_workspace() -> set[str]:
    names = query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p')"
    )
    return {name for (name,) in names} - tables_with_a_workspace()


def tenant_tables() -> list[str]:
    return sorted(tables_with_a_workspace() - OUTSIDE_ROW_LEVEL_SECURITY)
