"""Imports survive the death of their worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings
from django.db import connections

from contacts.importing import runner, storage
from contacts.models import Contact, Import, ImportState
from contacts.tasks import resume_imports
from tests.makers.imports import counts, read_import, start, ticking_clock
from tests.makers.workspaces import NOW, make_workspace
from transactions.models import Transaction
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")

WORKER = """
import django, os, sys
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from contacts.tasks import run_import
run_import(workspace_id=int(sys.argv[2]), import_id=int(sys.argv[3]))
"""


def orders(number: int) -> str:
    rows = "".join(
        f"T{each},c{each % 500},2026-01-01,{each}.50,P{each % 20}\n" for each in range(number)
    )
    return "order,customer,date,line amount,sku\n" + rows


def rows_done(workspace: Workspace, import_run: Import) -> int:
    return read_import(workspace, import_run).rows_done


def test_an_import_whose_worker_was_killed_goes_on_and_counts_every_row_once(eager_tasks):
    workspace = make_workspace()
    started = start(workspace, orders(6_000), "transactions")
    database = connections["default"].settings_dict["NAME"]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, database, str(workspace.pk), str(started.pk)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=settings.BASE_DIR,
    )
    deadline = time.monotonic() + 60
    while rows_done(workspace, started) < 1_000 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    killed_at = rows_done(workspace, started)
    assert 1_000 <= killed_at < 6_000
    deadline = time.monotonic() + 30  # until PostgreSQL has noticed that the worker is gone
    while not storage.waiting_imports() and time.monotonic() < deadline:
        time.sleep(0.1)

    resume_imports()

    done = read_import(workspace, started)
    assert (done.state, done.rows_done) == (ImportState.DONE, 6_000)
    assert counts(done) == (6_000, 0, 0, 0)
    assert done.report == {"contacts_created": 500}
    with workspace_scope(workspace):
        assert Transaction.objects.in_workspace(workspace).count() == 6_000
        assert Contact.objects.in_workspace(workspace).count() == 500
    assert storage.waiting_imports() == []


def test_two_workers_at_once_store_every_row_once(monkeypatch):
    monkeypatch.setattr(runner, "CHUNK_ITEMS", 50)
    workspace = make_workspace()
    started = start(workspace, orders(1_000), "transactions")

    def work() -> None:
        runner.run_chunks(workspace=workspace, import_id=started.pk, clock=ticking_clock(NOW))
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    runner.run_chunks(workspace=workspace, import_id=started.pk, clock=ticking_clock(NOW))

    done = read_import(workspace, started)
    assert done.state == ImportState.DONE
    assert (counts(done), done.rows_done) == ((1_000, 0, 0, 0), 1_000)


def test_an_import_that_can_not_run_fails_once_instead_of_being_tried_for_ever():
    workspace = make_workspace()
    started = start(workspace, orders(300), "transactions")
    with workspace_scope(workspace):
        # As a bug would leave it.
        Import.objects.in_workspace(workspace).filter(pk=started.pk).update(
            settings={**started.settings, "facts": {}}
        )

    runner.run_chunks(workspace=workspace, import_id=started.pk, clock=ticking_clock())

    failed = read_import(workspace, started)
    assert failed.state == ImportState.FAILED
    assert "after row 0" in failed.error
    assert storage.waiting_imports() == []
