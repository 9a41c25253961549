"""The process itself: rings, leases, kills, takeovers, and fairness between workspaces."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from config.local.processes import spawn, stop
from segments.live import leases
from segments.live.process import LiveProcess
from segments.models import LiveState
from tests.live.test_pulses import BOUGHT, VISITED
from tests.makers.contacts import upsert
from tests.makers.live import check_live, events_of, live_state, members_by_events
from tests.makers.recounts import EVERYBODY, save_segment
from tests.makers.tracking import make_visit, visit_item, visits
from tests.makers.transactions import make_transaction, transaction_item, transactions
from tests.makers.workspaces import make_workspace
from tests.reliability.test_recount_survives_kill import environment
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")

HOUR = timedelta(hours=1)
WITHIN_HOUR = {**VISITED, "window": {"last": 1, "unit": "hours"}}


class LiveProcesses:
    """Real `manage.py live` processes on the test's database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, **variables: str) -> subprocess.Popen[bytes]:
        env = {
            **environment(settings.REDIS_URL),
            "LIVE_LEASE_SECONDS": "1",
            "LIVE_TIMED_SECONDS": "1",
            "LOG_LEVEL": "INFO",
            **variables,
        }
        process = spawn(
            [sys.executable, "-W", "ignore", "manage.py", "live"],
            env=env,
            cwd=settings.BASE_DIR,
            log=self.folder / f"live{len(self.processes)}.log",
        )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(log.read_text()[-3000:] for log in sorted(self.folder.glob("live*.log")))

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                stop(process)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveProcesses]:
    processes = LiveProcesses(tmp_path)
    yield processes
    processes.stop()


def shop(number: int = 20) -> Workspace:
    workspace = make_workspace(now=timezone.now() - HOUR)
    then = timezone.now() - HOUR
    upsert(workspace, *({"external_id": f"c{each}"} for each in range(number)), now=then)
    save_segment(workspace, EVERYBODY, name="Everybody", now=then)
    save_segment(workspace, BOUGHT, name="Buyers", now=then)
    save_segment(workspace, WITHIN_HOUR, name="Visitors", now=then)
    return workspace


def wait_for(is_so: Callable[[], Any], seconds: float, live: LiveProcesses | None = None) -> float:
    """How long it took."""
    start = time.monotonic()
    while not is_so():
        assert time.monotonic() - start < seconds, live.logs() if live else "it took too long"
        time.sleep(0.02)
    return time.monotonic() - start


def number_of_events(workspace: Workspace) -> int:
    with workspace_scope(workspace):
        return LiveState.objects.values_list("last_number", flat=True).first() or 0


def test_a_fact_is_an_event_within_a_second_and_sigterm_ends_it_in_order(live):
    workspace = shop()
    process = live.start()
    wait_for(lambda: number_of_events(workspace) == 20, 20, live)

    took = []
    for number in range(3):
        now = timezone.now()
        make_transaction(workspace, f"c{number}", now - HOUR, "5.00", now=now)
        expected = 21 + number
        took.append(wait_for(lambda n=expected: number_of_events(workspace) == n, 5, live))
        time.sleep(0.3)
    assert min(took) < 1, took
    # A window of one hour that has a second to go.
    visited = timezone.now()
    make_visit(workspace, "c7", visited - HOUR + timedelta(seconds=1), now=visited)
    wait_for(lambda: number_of_events(workspace) == 25, 15, live)
    [entered, left] = events_of(workspace)[-2:]
    assert (entered.direction, entered.cause) == ("entered", "fact")
    assert (left.direction, left.cause) == ("left", "expiry")

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) == 0
    state = live_state(workspace)
    assert (state.holder, state.lease_until) == ("", None), "it gave the workspace back"
    check_live(workspace, state.as_of)


def test_a_segment_made_while_nobody_listened_is_counted_at_the_start(live):
    workspace = shop()
    LiveProcess(clock=timezone.now, threads=1).run_once()
    assert number_of_events(workspace) == 20
    save_segment(workspace, EVERYBODY, name="Everybody again", now=timezone.now())
    live.start(LIVE_TIMED_SECONDS="600")
    wait_for(lambda: number_of_events(workspace) == 40, 20, live)


@pytest.mark.night
def test_kill_9_in_the_middle_of_facts_loses_and_repeats_nothing(live):
    workspace = shop(60)
    process = live.start()
    live.start()
    wait_for(lambda: number_of_events(workspace) == 60, 20, live)
    done = threading.Event()
    writer = threading.Thread(target=write_facts, args=(workspace, done))
    writer.start()
    try:
        for _ in range(2):
            time.sleep(0.7)
            process.kill()
            process.wait()
            process = live.start()
    finally:
        done.set()
        writer.join()
    bought = {f"c{number}" for number in range(60)}
    transactions(
        workspace,
        *(transaction_item(whose, timezone.now() - HOUR, "1.00") for whose in sorted(bought)),
        now=timezone.now(),
    )
    buyers = 60 + 60
    wait_for(lambda: sum(map(len, members_by_events(workspace).values())) >= buyers, 20, live)
    time.sleep(1.5)
    live.stop()
    state = live_state(workspace)
    check_live(workspace, state.as_of)
    assert state.corrections == 0


def write_facts(workspace: Workspace, done: threading.Event) -> None:
    number = 0
    try:
        while not done.is_set():
            now = timezone.now()
            whose = f"c{number % 60}"
            visits(workspace, visit_item(whose, now - timedelta(minutes=59, seconds=58)), now=now)
            if number % 3 == 0:
                item = transaction_item(whose, now - HOUR, "1.00")
                transactions(workspace, item, now=now)
            number += 1
    finally:
        connections.close_all()


@pytest.mark.night
def test_without_a_bell_it_looks_every_second(live):
    workspace = shop()
    live.start(REDIS_URL="redis://127.0.0.1:1/0", LIVE_TIMED_SECONDS="600")
    wait_for(lambda: number_of_events(workspace) == 20, 20, live)
    now = timezone.now()
    make_transaction(workspace, "c1", now - HOUR, "5.00", now=now)
    assert wait_for(lambda: number_of_events(workspace) == 21, 5, live) < 3


def test_a_workspace_another_process_holds_is_left_to_it_until_its_lease_runs_out():
    workspace = shop()
    leases.find_workspaces()
    later = timezone.now() + HOUR

    def claim(holder: str) -> Any:
        return leases.claim_due(holder=holder, timed_before=later, rang=(), but=())

    assert claim("one") == leases.Due(workspace.pk, is_timed=True)
    assert claim("two") is None
    assert claim("one") is not None, "its own again"
    with workspace_scope(workspace):
        LiveState.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim("two") is not None
    leases.give_back(workspace_id=workspace.pk, holder="one")
    assert claim("one") is None, "only the holder gives back"
    leases.give_back(workspace_id=workspace.pk, holder="two")
    assert claim("one") is not None


def test_only_workspaces_with_something_to_do_are_due():
    workspace = shop()
    process = LiveProcess(clock=timezone.now, threads=1)
    assert process.run_once() == 1
    long_ago = timezone.now() - HOUR

    def is_due() -> bool:
        due = leases.claim_due(holder="", timed_before=long_ago, rang=(), but=())
        return due is not None

    assert not is_due()
    now = timezone.now()
    make_transaction(workspace, "c1", now - HOUR, "5.00", now=now)
    assert is_due()
    assert leases.claim_due(holder="", timed_before=long_ago, rang=(), but=(workspace.pk,)) is None
    leases.give_back(workspace_id=workspace.pk, holder="")
    LiveProcess(clock=timezone.now, threads=1).run_once()
    assert not is_due()
    assert leases.claim_due(
        holder="", timed_before=long_ago, rang={workspace.pk}, but=()
    ) == leases.Due(workspace.pk, is_timed=False)


def test_a_heavy_workspace_leaves_a_thread_to_the_others():
    process = LiveProcess(clock=timezone.now, threads=2)
    shops = [shop(2) for _ in range(3)]
    leases.find_workspaces()
    for workspace in shops:
        process._follower(workspace.pk)
    heavy, second, light = (process.followers[workspace.pk] for workspace in shops)
    heavy.is_heavy, second.is_heavy, light.is_heavy = True, True, False
    process.running[shops[0].pk] = None  # type: ignore[assignment]

    assert process._busy(time.monotonic()) == {shops[0].pk, shops[1].pk}


def test_memory_is_bounded_by_forgetting_who_was_pulsed_longest_ago(settings):
    process = LiveProcess(clock=timezone.now, threads=1)
    shops = [shop(2) for _ in range(3)]
    leases.find_workspaces()
    for workspace in shops:
        process._follower(workspace.pk).megabytes = 10.0
    settings.LIVE_MEGABYTES = 25

    process._make_room()

    assert list(process.followers) == [workspace.pk for workspace in shops[1:]]
