"""The test database: made by the owner, used as the role that can't bypass row-level security."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation
from psycopg import sql

from config.celery import app

# What migrations and Django itself put there once for all tests.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Give every parallel process a database of its own."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        connections["owner"].settings_dict["TEST"]["NAME"] = f"test_kohorta_{worker}"


@pytest.fixture(scope="session", autouse=True)
def _own_valkey_database() -> None:
    """Give every parallel process a Valkey database of its own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    server = settings.REDIS_URL.rpartition("/")[0]
    settings.REDIS_URL = f"{server}/{int(worker.removeprefix('gw')) + 1}"
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL
    # Whatever looked at the cache while tests were collected opened it at the shared database.
    if caches.all(initialized_only=True):
        del caches["default"]
    settings.CELERY_BROKER_URL = settings.REDIS_URL
    app.config_from_object("django.conf:settings", namespace="CELERY", force=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_modify_db_settings: None, django_db_blocker: Any) -> Iterator[None]:
    """Create and migrate as the owner, then connect as the app."""
    with django_db_blocker.unblock():
        owner, app = connections["owner"], connections["default"]
        name = create_test_database(owner)
        app.close()
        settings.DATABASES["default"]["NAME"] = app.settings_dict["NAME"] = name
        check_that_the_app_role_is_weak(app)
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
        drop_test_database(name)


def create_test_database(owner: Any) -> str:
    """Clone the migrated database that `./dev test` keeps; elsewhere migrate a new one."""
    template = os.environ.get("KOHORTA_TEST_TEMPLATE")
    if template is None:
        return str(owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False))
    name = owner.settings_dict["TEST"].get("NAME") or "test_kohorta"
    with psycopg.connect(**parameters_of("owner", "postgres"), autocommit=True) as admin:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    settings.DATABASES["owner"]["NAME"] = owner.settings_dict["NAME"] = name
    return str(name)


def drop_test_database(name: str) -> None:
    """Drop it also when a thread of a live server has not let go of its connection yet.

    `FORCE` ends sessions of the owner only, who has no right over those of the app: it ends its
    own.
    """
    connections["owner"].close()
    with psycopg.connect(**parameters_of("default", "postgres"), autocommit=True) as app:
        app.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )
    with psycopg.connect(**parameters_of("owner", "postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def check_that_the_app_role_is_weak(connection: Any) -> None:
    """Stop the whole run if the tests would prove nothing about row-level security."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,), "DATABASE_URL can bypass row-level security"
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,), "DATABASE_URL owns tables"


TRIES_TO_TRUNCATE = 10


def owner_connection() -> psycopg.Connection:
    """Connect as the owner, beside Django, whose test cases allow only the app's connection."""
    return psycopg.connect(
        **parameters_of("owner", connections["owner"].settings_dict["NAME"]), autocommit=True
    )


def parameters_of(alias: str, database: str) -> dict[str, Any]:
    """Return what psycopg needs to connect to a database as that alias's role."""
    parameters = connections[alias].get_connection_params()
    keep = ("host", "port", "user", "password")
    return {**{name: parameters[name] for name in keep}, "dbname": database}


def truncate_written_tables() -> None:
    """Empty every table that holds something: the app's role has no right to truncate.

    A request that a browser sent just before it was closed may still read: the database then says
    that both wait for each other, and it is tried again.
    """
    for left in reversed(range(TRIES_TO_TRUNCATE)):
        try:
            _truncate_written_tables()
            break
        except psycopg.errors.DeadlockDetected:
            if not left:
                raise
            time.sleep(0.2)


def _truncate_written_tables() -> None:
    with owner_connection() as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND pg_relation_size(oid) > 0"
        ).fetchall()
        written = [sql.Identifier(name) for (name,) in rows if name not in KEPT_TABLES]
        if written:
            connection.execute(
                sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(written))
            )


@pytest.fixture(scope="session", autouse=True)
def _flush_as_owner() -> None:
    """Make `transactional_db` flush as the owner instead of as the app."""

    def teardown(self: TransactionTestCase) -> None:
        connections["default"].close()
        truncate_written_tables()

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Rate limits and cached values of one test must not reach the next."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A page leaves its reader's language active in the thread, until the next request."""
    yield
    translation.deactivate()


@pytest.fixture
def eager_tasks() -> Iterator[None]:
    """Run Celery tasks where they are called, and let their exceptions through."""
    before = app.conf.task_always_eager, app.conf.task_eager_propagates
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager, app.conf.task_eager_propagates = before
