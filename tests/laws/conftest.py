"""The world, made once a module, and what the laws were tried on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from tests.conftest import owner_connection, truncate_written_tables
from tests.segments.world import World, make_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Committed, for tests that only ask (or whose changes are rolled back)."""
    with django_db_blocker.unblock():
        try:
            made = make_world()
            with owner_connection() as connection:
                connection.execute("ANALYZE")  # as the database does by itself after a while
            yield made
        finally:
            connections["default"].close()
            truncate_written_tables()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A count that shrinks is a finding."""
    tried: dict[str, int] = {}
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call" and "tests/laws/" in report.nodeid:
            for name, value in report.user_properties:
                if isinstance(value, int):
                    tried[name] = tried.get(name, 0) + value
    if tried:
        told = ", ".join(f"{name} {value:,}" for name, value in sorted(tried.items()))
        terminalreporter.write_line(f"laws tried: {told}")
