"""``manage.py check --deploy --database default``: refuse a deployment that can leak.

The database checks run only when a database is named, as the compose file and docs/operations.md
do before anything is served.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connections

from workspaces.tenancy import OUTSIDE_ROW_LEVEL_SECURITY, WorkspaceModel

Apps = Sequence[AppConfig] | None

# CVE-2025-8713 (statistics), CVE-2025-8714 and -8715 (dumps) are open before these.
SAFE_MINOR_VERSIONS = {15: 150_014, 16: 160_010, 17: 170_006}
OLDEST_MAJOR = 15
SHORTEST_SECRET_KEY = 32
KNOWN_SECRET_KEYS = ("change", "secret", "django-insecure", "example", "unused")


@register(Tags.security, deploy=True)
def check_secret_key(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """The key that signs sessions is long and not from an example."""
    key = str(settings.SECRET_KEY)
    is_known = any(word in key.lower() for word in KNOWN_SECRET_KEYS)
    if len(key) >= SHORTEST_SECRET_KEY and not is_known:
        return []
    return [
        Error(
            "SECRET_KEY is short or a placeholder: sessions could be forged.",
            hint='Generate one: python3 -c "import secrets; print(secrets.token_hex(32))"',
            id="kohorta.E001",
        )
    ]


@register(Tags.security, deploy=True)
def check_debug(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """Error pages don't show the insides."""
    if not settings.DEBUG:
        return []
    return [Error("DEBUG is on.", hint="Unset DEBUG.", id="kohorta.E002")]


@register(Tags.security, deploy=True)
def check_base_url(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
    """People reach the product over https."""
    if settings.BASE_URL.startswith("https://"):
        return []
    return [
        Error(
            f"BASE_URL is {settings.BASE_URL}: cookies and keys would travel in the clear.",
            hint="Set BASE_URL to the https address people use; BEHIND_PROXY=true behind a proxy.",
            id="kohorta.E003",
        )
    ]


@register(Tags.database, deploy=True)
def check_app_role(
    app_configs: Apps, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """DATABASE_URL is a role that row-level security holds for."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    row = _one_row(
        "SELECT rolname, rolsuper, rolbypassrls,"
        " EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tableowner = rolname)"
        " FROM pg_roles WHERE rolname = current_user"
    )
    role, *faults = row
    said = ("is a superuser", "can bypass row-level security", "owns tables")
    problems = [text for text, fault in zip(said, faults, strict=True) if fault]
    if not problems:
        return []
    return [
        Error(
            f"The database role {role} {' and '.join(problems)}.",
            hint="Run the app as a role that owns nothing: DATABASE_URL is for the app,"
            " DATABASE_URL_MIGRATE for the owner. docs/operations.md shows both.",
            id="kohorta.E004",
        )
    ]


@register(Tags.database, deploy=True)
def check_row_level_security(
    app_configs: Apps, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Every tenant table has row-level security, forced, with a policy."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    unprotected = sorted(tenant_tables() - _protected_tables())
    return [
        Error(
            f"Table {table} is not protected by row-level security.",
            hint="Run the migrations as the owner: manage.py migrate --database=owner",
            id="kohorta.E005",
        )
        for table in unprotected
    ]


@register(Tags.database, deploy=True)
def check_postgres_version(
    app_configs: Apps, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """PostgreSQL has the fixes that row-level security depends on."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    version = connections[DEFAULT_DB_ALIAS].pg_version  # type: ignore[attr-defined]
    if is_safe_version(version):
        return []
    return [
        Error(
            f"PostgreSQL {version // 10_000}.{version % 10_000} leaks statistics of hidden rows.",
            hint="Upgrade to 15.14, 16.10, 17.6, 18 or newer.",
            id="kohorta.E006",
        )
    ]


def is_safe_version(version: int) -> bool:
    """Whether a `server_version_num` has the fixes."""
    major = version // 10_000
    return major >= OLDEST_MAJOR and version >= SAFE_MINOR_VERSIONS.get(major, 0)


def tenant_tables() -> set[str]:
    """Return the tables whose rows belong to one workspace."""
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, WorkspaceModel)
    } - OUTSIDE_ROW_LEVEL_SECURITY


def _protected_tables() -> set[str]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace"
            " AND relrowsecurity AND relforcerowsecurity"
            " AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)"
        )
        return {name for (name,) in cursor.fetchall()}


def _one_row(statement: str) -> tuple[Any, ...]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return tuple(row or ())
