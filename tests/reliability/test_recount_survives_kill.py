"""Recounts survive the death of their workers and the loss of everything in Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.conf import settings
from django.db import connections
from django.utils import timezone

from config.celery import app
from config.local.processes import spawn, stop
from config.local.secret_files import new_password
from config.local.valkey import Valkey
from segments.models import Recount, RecountReason, RecountState, Segment, SegmentState
from tests.makers.contacts import upsert
from tests.makers.recounts import EVERYBODY, counts, read_segment, save_segment, snapshots
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")

SEGMENTS = 50
CONTACTS = 200
TRENDS = 2
KILLS = 3
LEASE_SECONDS = 2
# Each evaluation takes a moment, as it does with a million contacts, so that kills hit one.
SLOW_WORKER = """
import time
import django
django.setup()
from segments.services import backfilling, recounting
for module, name in ((recounting, "evaluate_tree"), (backfilling, "members_at")):
    def slow(*args, _evaluate=getattr(module, name), **kwargs):
        time.sleep(0.05)
        return _evaluate(*args, **kwargs)
    setattr(module, name, slow)
from celery.__main__ import main
main()
"""


SAVE = """
import sys
import django
django.setup()
from django.utils import timezone
from tests.makers.recounts import EVERYBODY, save_segment
from workspaces.models import Workspace
workspace = Workspace.objects.get(pk=int(sys.argv[1]))
save_segment(workspace, EVERYBODY, name="Saved while away", now=timezone.now())
"""


def environment(redis_url: str) -> dict[str, str]:
    """What another process of the product needs to work on the test's database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connections["default"].settings_dict["NAME"]
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
        "DATABASE_URL_MIGRATE": "",
        "REDIS_URL": redis_url,
        "KOHORTA_PROCESS": "worker",
        "RECOUNT_LEASE_SECONDS": str(LEASE_SECONDS),
        "PYTHONPATH": str(settings.BASE_DIR),
    }


class Workers:
    """A Celery worker of the product that can be killed and started again."""

    def __init__(self, folder: Path, *, redis_url: str) -> None:
        self.log = folder / "worker.log"
        self.redis_url = redis_url
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        self.process = spawn(
            [sys.executable, "-W", "ignore", "-c", SLOW_WORKER, "-A", "config", "worker", *options],
            env=environment(self.redis_url),
            cwd=settings.BASE_DIR,
            log=self.log,
        )

    def kill(self) -> None:
        """Kill -9 the worker and its children at once, as the kernel would without memory."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(tmp_path, redis_url=settings.REDIS_URL)
    forget_messages(settings.REDIS_URL)
    yield workers
    workers.stop()
    forget_messages(settings.REDIS_URL)


def forget_messages(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushdb()


def make_shop(segments: int = SEGMENTS) -> tuple[Workspace, list[Segment]]:
    """Saved segments, of which the first few also have their trend to be made."""
    workspace = make_workspace()
    upsert(workspace, *({"external_id": f"c{number}"} for number in range(CONTACTS)))
    saved = [
        save_segment(workspace, EVERYBODY, name=f"Segment {number}", now=timezone.now())
        for number in range(segments)
    ]
    with workspace_scope(workspace):
        backfills = Recount.objects.filter(reason=RecountReason.BACKFILL)
        others = backfills.exclude(segment_id__in=[segment.pk for segment in saved[:TRENDS]])
        others.update(state=RecountState.CANCELLED)
    return workspace, saved


def tick(redis_url: str) -> None:
    """What beat sends every 15 seconds."""
    with app.connection_for_write(redis_url) as connection:
        app.send_task("segments.tasks.tick", expires=15, connection=connection)


def tick_until_done(workspace: Workspace, workers: Workers, *, seconds: float) -> None:
    last_tick = 0.0

    def is_done() -> bool:
        nonlocal last_tick
        if time.monotonic() - last_tick > 0.5:
            tick(workers.redis_url)
            last_tick = time.monotonic()
        return number_in(workspace, "queued", "running") == 0

    wait_until(is_done, seconds=seconds, workers=workers)


def wait_until(is_so: Callable[[], Any], *, seconds: float, workers: Workers) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, workers.log.read_text(errors="replace")[-4000:]
        time.sleep(0.02)


def number_in(workspace: Workspace, *states: str) -> int:
    with workspace_scope(workspace):
        return Recount.objects.filter(state__in=states).count()


def check_all_counted_once(workspace: Workspace, segments: list[Segment]) -> None:
    for segment in segments:
        [counted] = counts(segment)
        assert (counted.state, counted.size) == (RecountState.DONE, CONTACTS)
        [snapshot] = snapshots(segment)
        assert (snapshot.recount_id, snapshot.size) == (counted.pk, CONTACTS)
        read = read_segment(segment)
        assert (read.state, read.size) == (SegmentState.FRESH, CONTACTS)
    for segment in segments[:TRENDS]:
        points = [point.as_of for point in snapshots(segment, recorded=False)]
        assert len(points) == len(set(points)) >= 91
    with workspace_scope(workspace):
        slots = list(Recount.objects.values_list("segment_id", "slot"))
        assert len(slots) == len(set(slots))
        open_or_failed = Recount.objects.exclude(state__in=["done", "cancelled"])
        assert not open_or_failed.exists()


def test_killing_the_worker_again_and_again_leaves_every_segment_counted_once(workers):
    workspace, segments = make_shop()
    killed_at = []
    interrupted: set[int] = set()
    for number in range(KILLS):
        workers.start()
        tick(workers.redis_url)
        enough = (number + 1) * SEGMENTS // (KILLS + 1)
        wait_until(
            lambda enough=enough: (
                number_in(workspace, "done") >= enough and number_in(workspace, "running")
            ),
            seconds=20,
            workers=workers,
        )
        workers.kill()
        killed_at.append(number_in(workspace, "done"))
        with workspace_scope(workspace):
            held = Recount.objects.filter(state=RecountState.RUNNING)
            interrupted |= set(held.values_list("pk", flat=True))
    assert killed_at[0] < SEGMENTS, "the first kill came in the middle of the counts"
    assert interrupted, "at least one recount was being counted when its worker died"

    workers.start()
    tick_until_done(workspace, workers, seconds=45)
    check_all_counted_once(workspace, segments)
    with workspace_scope(workspace):
        again = Recount.objects.filter(pk__in=interrupted, attempts__gte=2).count()
    assert again == len(interrupted), "what was interrupted was taken up again, by its lease"


def test_what_redis_forgets_is_done_by_the_next_tick(tmp_path):
    workspace, segments = make_shop(5)
    (tmp_path / "valkey.log").touch(mode=0o666)
    valkey = Valkey(new_password(), tmp_path / "valkey.log").start()
    workers = Workers(tmp_path, redis_url=valkey.url)
    try:
        workers.start()
        wait_until(lambda: "ready" in workers.log.read_text(), seconds=20, workers=workers)
        assert valkey.process is not None
        valkey.process.kill()
        valkey.process.wait()
        saving = [sys.executable, "-c", SAVE, str(workspace.pk)]
        subprocess.run(saving, env=environment(valkey.url), check=True, timeout=30)
        assert number_in(workspace, "queued") == 5 + TRENDS + 2

        valkey.start(preferred_port=valkey.port)
        assert valkey.url == workers.redis_url, "it came back under its old address, empty"
        tick_until_done(workspace, workers, seconds=30)
        with workspace_scope(workspace):
            late = Segment.objects.get(name="Saved while away")
        check_all_counted_once(workspace, [*segments, late])
    finally:
        workers.stop()
        valkey.stop()
