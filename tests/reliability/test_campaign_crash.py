"""A send survives kill -9 of its workers, the loss of Redis and hard restarts of PostgreSQL.

The small one runs with every change. The published one (docs/reliability.md):
`./dev test --night tests/reliability/test_campaign_crash.py`.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from campaigns.models import Run, RunState
from config.local.processes import stop
from tests.makers.delivery import (
    addresses,
    make_api_account,
    make_frozen_run,
    make_smtp_account,
    read_run,
    states,
)
from tests.makers.sinks import accepted_in
from tests.makers.workspaces import make_workspace
from tests.reliability.servers import (
    Fleet,
    Servers,
    own_servers,
    sink_process,
    tick,
    when_connected,
)
from tracking.models import Message
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Plan:
    """How large each send is, and how often what is broken; `lease`: seconds until a dead sender
    counts as gone. `whole` kills take a worker with all its processes, others one process."""

    kinds: tuple[str, ...]  # http: recognises repeats; smtp: doesn't
    recipients: int
    kills: int
    whole: int
    losses: int
    restarts: int
    workers: int = 4
    processes: int = 1  # of each worker, each with one connection at a time
    lease: int = 8
    seconds: float = 1_800


SMALL = Plan(
    ("http", "smtp"),
    150,
    kills=5,
    whole=0,
    losses=1,
    restarts=1,
    workers=1,
    processes=2,
    lease=2,
    seconds=60,
)
PUBLISHED = Plan((), 20_000, kills=50, whole=50, losses=10, restarts=5)
ACCOUNTS = {"http": make_api_account, "smtp": make_smtp_account}


def test_a_send_survives_whatever_dies():
    """Both kinds at once, in two workspaces."""
    crash_through(SMALL)


@pytest.mark.night
def test_20000_by_a_transport_that_recognises_repeats_are_accepted_once_each():
    crash_through(replace(PUBLISHED, kinds=("http",)))


@pytest.mark.night
def test_20000_by_smtp_are_never_repeated_and_those_nobody_knows_about_are_listed():
    crash_through(replace(PUBLISHED, kinds=("smtp",)))


@dataclass
class Send:
    """A run to a sink of its own."""

    kind: str
    shop: Workspace
    run: Run
    sink: subprocess.Popen[bytes]
    file: Path

    def accepted(self) -> list[str]:
        return accepted_in(self.file)

    def check(self, plan: Plan, kills: int) -> None:
        accepted = self.accepted()
        found = when_connected(lambda: states(self.shop, self.run))
        report(self.kind, plan, found, accepted, kills)
        assert Counter(accepted).most_common(1)[0][1] == 1, "no duplicate"
        assert sum(found.values()) == plan.recipients, "the states add up"
        assert when_connected(self.messages) == found["sent"], "each sent one is a fact, once"
        if self.kind == "http":
            assert sorted(accepted) == sorted(addresses(plan.recipients)), "none lost"
            assert found == {"sent": plan.recipients}
            return
        assert set(found) <= {"sent", "unknown"}
        unknown = found.get("unknown", 0)
        assert plan.recipients - len(accepted) <= unknown, "what was not accepted is listed"
        assert found["sent"] <= len(accepted), "what is said to be sent was accepted"
        assert unknown <= kills, "at most the one message a killed sender had under way"

    def messages(self) -> int:
        with workspace_scope(self.shop):
            return Message.objects.count()


def crash_through(plan: Plan) -> None:
    """Send while everything is broken in turn, then look at what became of everybody."""
    sends: list[Send] = []
    with own_servers() as servers, TemporaryDirectory(prefix="kohorta-crash-") as folder:
        fleet = Fleet(
            servers,
            Path(folder) / "worker.log",
            {
                "SENDING_LEASE_SECONDS": str(plan.lease),
                "SENDING_CONNECTIONS": "1",
                "SENDING_SECONDS": "5",
            },
            plan.processes,
        )
        try:
            sends += [start_send(kind, plan, Path(folder)) for kind in plan.kinds]
            for _ in range(plan.workers):
                fleet.start()
            break_things(plan, servers, fleet, sends)
            finish(plan, servers, fleet, sends)
            for send in sends:
                send.check(plan, fleet.kills)
        finally:
            fleet.stop()
            for send in sends:
                stop(send.sink)


def start_send(kind: str, plan: Plan, folder: Path) -> Send:
    shop = make_workspace()
    sink, port = sink_process(kind, folder / kind)
    ACCOUNTS[kind](shop, port)
    run = make_frozen_run(shop, addresses(plan.recipients))
    return Send(kind, shop, run, sink, folder / kind)


def break_things(plan: Plan, servers: Servers, fleet: Fleet, sends: Sequence[Send]) -> None:
    """Spread over the sends: each comes when so many more messages were accepted."""
    rng = random.Random(7)
    events = [
        *[fleet.kill_one] * plan.whole,
        *[partial(fleet.kill_process, rng)] * (plan.kills - plan.whole),
        *[servers.lose_valkey] * plan.losses,
        *[servers.restart_postgres] * plan.restarts,
    ]
    rng.shuffle(events)
    share = plan.recipients * len(sends) * 0.9 / (len(events) + 1)
    until = time.monotonic() + plan.seconds
    for number, event in enumerate(events, start=1):
        patience = time.monotonic() + plan.lease * 2
        last_tick = 0.0
        while time.monotonic() < patience:
            if sum(len(send.accepted()) for send in sends) >= share * number:
                break
            assert time.monotonic() < until, fleet.log.read_text(errors="replace")[-4000:]
            if time.monotonic() - last_tick > 0.5:
                tick(servers)
                fleet.revive()
                last_tick = time.monotonic()
            time.sleep(rng.uniform(0.01, 0.06))
        event()


def finish(plan: Plan, servers: Servers, fleet: Fleet, sends: Sequence[Send]) -> None:
    until = time.monotonic() + plan.seconds
    for send in sends:
        while True:
            run = when_connected(partial(read_run, send.shop, send.run))
            if run.state == RunState.FINISHED:
                break
            assert run.state == RunState.SENDING, run.state
            assert time.monotonic() < until, fleet.log.read_text(errors="replace")[-4000:]
            tick(servers)
            fleet.revive()
            time.sleep(0.3)


def report(kind: str, plan: Plan, found: dict, accepted: list[str], kills: int) -> None:
    """For docs/reliability.md: shown with -s."""
    print(  # noqa: T201
        f"\n{kind}: {plan.recipients} recipients, {kills} kills, {plan.losses} losses of Redis,"
        f" {plan.restarts} restarts of PostgreSQL: accepted {len(accepted)},"
        f" twice {len(accepted) - len(set(accepted))},"
        f" never {plan.recipients - len(set(accepted))}, states {found}"
    )
