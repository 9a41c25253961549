"""T-03: a connection that is used again shows nothing of the workspace it served before."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier, get_ident

import pytest
from django.db import DataError, connection, connections

from tests.makers.workspaces import make_workspace
from workspaces.models import AuditEntry, Workspace
from workspaces.tenancy import workspace_scope

TENANTS, TURNS, THREADS = 5, 300, 8

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pooled() -> Iterator[None]:
    """Two server connections shared by every thread, handed on after each transaction."""
    options = connections.settings["default"]["OPTIONS"]
    before = dict(options)
    connection.close()
    options["pool"] = {"min_size": 1, "max_size": 2, "timeout": 30}
    yield
    connection.close()
    connection.close_pool()
    options.clear()
    options.update(before)


def seen_entries() -> set[int]:
    return set(AuditEntry.objects.values_list("workspace_id", flat=True))


def take_turns(workspaces: list[Workspace], turns: int, *, close_each_time: bool) -> list[str]:
    """Many threads, each turn in another workspace; answers what went wrong."""
    numbers = count()

    def turn(_: int) -> str:
        number = next(numbers)
        workspace = workspaces[number % len(workspaces)]
        try:
            with workspace_scope(workspace):
                inside = seen_entries()
                if number % 7 == 0:
                    raise ZeroDivisionError
                if number % 11 == 0:
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT 1 / 0")
        except (ZeroDivisionError, DataError):
            pass
        outside = seen_entries()
        if close_each_time:
            connection.close()
        if inside != {workspace.pk}:
            return f"turn {number} in {workspace.pk} saw {inside}"
        return f"turn {number} saw {outside} without a scope" if outside else ""

    with ThreadPoolExecutor(THREADS) as threads:
        faults = [fault for fault in threads.map(turn, range(turns)) if fault]
        close_in_every_thread(threads)
    return faults


def close_in_every_thread(threads: ThreadPoolExecutor) -> None:
    met = Barrier(THREADS, timeout=10)

    def close(_: int) -> None:
        met.wait()
        connection.close()

    list(threads.map(close, range(THREADS)))


def test_a_pool_of_two_connections_serves_five_workspaces_and_mixes_nothing(
    pooled, record_property
):
    workspaces = [make_workspace(f"Tenant {number}") for number in range(TENANTS)]
    assert take_turns(workspaces, TENANTS * TURNS, close_each_time=True) == []
    record_property("turns_on_pooled_connections", TENANTS * TURNS)


def test_connections_that_stay_open_between_requests_mix_nothing():
    workspaces = [make_workspace(f"Tenant {number}") for number in range(TENANTS)]
    assert take_turns(workspaces, TENANTS * TURNS, close_each_time=False) == []


def test_the_turns_do_share_connections(pooled):
    """Else the test above would prove nothing."""
    backends: dict[int, set[int]] = {}

    def look(_: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.setdefault(cursor.fetchone()[0], set()).add(get_ident())
        connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(look, range(200)))
    assert len(backends) <= 2
    assert max(len(idents) for idents in backends.values()) > 1
