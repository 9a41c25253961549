"""Live membership in seconds: a fact committed until its event can be read, and windows that end.

A process of the product follows the large shop with a clock that stands where the data end. Clients
commit batches of facts; some contacts in them are probes that certainly enter a segment.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import numpy as np

from tests.bench.measure import Figure, measures
from tests.bench.prepared import Bench

FACTS_A_SECOND = 500
BATCH = 10
CLIENTS = 4
SECONDS = 30.0
PROBES_A_SECOND = 10
READY_SECONDS = 900.0
HOUR = timedelta(hours=1)
PROBE = {"field": "utm_campaign", "operator": "any_of", "values": ["live-probe"]}
EXPIRING = {**PROBE, "values": ["live-expiring"]}


@dataclass
class Timings:
    """Seconds from the commit of a fact, and from the end of a window, to the readable event."""

    facts: list[float] = field(default_factory=list)
    expiries: list[float] = field(default_factory=list)
    committed: int = 0
    seconds: float = 0.0
    ready_after: float = 0.0  # until all segments had their first events
    segments: int = 0


@measures("live", "A fact committed, its event readable, at 500 facts a second")
def live(bench: Bench, repeats: int) -> list[Figure]:
    """With 100 segments over 21 leaves."""
    from tests.bench.segments import shared_leaves, trees_of

    documents = trees_of(shared_leaves(bench))
    # What is written stays: all of it after the instant that the questions are asked about.
    start = bench.as_of + 2 * HOUR
    found = measure(bench.large.pk, documents, contacts=bench.size, start=start)
    if not found.facts:
        raise RuntimeError(f"No probe was told of: {found}")
    p50, p99 = np.percentile(found.facts, [50, 99])
    latest = max(found.expiries, default=float("nan"))
    rate = found.committed / found.seconds
    note = f"{len(found.facts)} probes at {rate:,.0f} facts a second, {found.segments} segments"
    return [
        Figure("fact → event, median", f"{p50 * 1000:,.0f} ms", note=note),
        Figure("fact → event, 99th percentile", f"{p99:.2f} s", "≤ 1 s", bool(p99 <= 1)),
        Figure("window ends → left, slowest", f"{latest:.1f} s", "≤ 60 s", bool(latest <= 60)),
        Figure("first count of all segments", f"{found.ready_after:.1f} s"),
    ]


def measure(
    workspace_id: int,
    documents: list[dict[str, object]],
    *,
    contacts: int,
    start: datetime,
    seconds: float = SECONDS,
    rate: int = FACTS_A_SECOND,
) -> Timings:
    """Follow the workspace and write to it; `start` is where its clock begins."""
    from segments.models import LiveState
    from segments.services import archive_segment
    from tests.makers.recounts import save_segment, system
    from workspaces.models import Workspace
    from workspaces.tenancy import workspace_scope

    workspace = Workspace.objects.get(pk=workspace_id)
    with workspace_scope(workspace):  # a run before may have gone further: clocks don't go back
        reached = LiveState.objects.values_list("as_of", flat=True).first()
    clock = _Clock(max(start, reached or start))
    trees = [*documents, _visited(PROBE), _visited(EXPIRING, HOUR)]
    saved = [
        save_segment(workspace, tree, name=f"Live {number} {clock.ahead}", now=clock.now())
        for number, tree in enumerate(trees)
    ]
    found = Timings(segments=len(saved))
    try:
        with _following(clock):
            found.ready_after = _wait_until_followed(workspace_id, [each.pk for each in saved])
            probes, expiring = saved[-2:]
            run = _Run(workspace_id, clock, contacts, found, probes.pk, expiring.pk)
            run.go(seconds, rate)
    finally:
        for segment in saved:
            with workspace_scope(workspace):
                archive_segment(actor=system(workspace), segment=segment, now=clock.now())
    return found


def _visited(where: dict[str, object], within: timedelta | None = None) -> dict[str, object]:
    hours = int(within.total_seconds() // 3600) if within else 0
    window: object = {"last": hours, "unit": "hours"} if within else "ever"
    return {
        "type": "visits.visited",
        "operator": "at_least",
        "number": 1,
        "where": [where],
        "window": window,
    }


def _campaign(name: str) -> dict[str, object]:
    return {"utm": {"source": "bench", "campaign": name}}


class _Clock:
    """Runs as fast as any, from another day on."""

    def __init__(self, start: datetime) -> None:
        self.ahead = start.timestamp() - time.time()
        self.zone = start.tzinfo

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.ahead, tz=self.zone)


@contextmanager
def _following(clock: _Clock) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.live_process", str(clock.ahead)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_followed(workspace_id: int, segments: list[int]) -> float:
    from segments.models import LiveMembers
    from workspaces.tenancy import workspace_scope

    started = time.monotonic()
    while time.monotonic() - started < READY_SECONDS:
        with workspace_scope(workspace_id):
            rows = LiveMembers.objects.filter(is_live=True, segment_id__in=segments)
            if rows.count() == len(segments):
                return time.monotonic() - started
        time.sleep(0.1)
    raise RuntimeError("The segments were not followed in time.")


class _Run:
    def __init__(
        self,
        workspace_id: int,
        clock: _Clock,
        contacts: int,
        found: Timings,
        probes: int,
        expiring: int,
    ) -> None:
        self.workspace_id = workspace_id
        self.clock = clock
        self.contacts = contacts
        self.found = found
        self.segments = (probes, expiring)
        self.lock = threading.Lock()
        self.committed_at: dict[str, float] = {}  # by external id of the probe
        self.ends_at: dict[str, datetime] = {}
        self.number = 0
        self.done = threading.Event()

    def go(self, seconds: float, rate: int) -> None:
        reader = threading.Thread(target=self._read)
        reader.start()
        started = time.monotonic()
        clients = [
            threading.Thread(target=self._write, args=(n, started, seconds, rate / CLIENTS))
            for n in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.found.seconds = time.monotonic() - started
        until = time.monotonic() + 90
        while time.monotonic() < until and not self._is_all_read():
            time.sleep(0.2)
        self.done.set()
        reader.join()

    def _is_all_read(self) -> bool:
        found = self.found
        is_told = len(found.facts) >= len(self.committed_at)
        return is_told and len(found.expiries) >= len(self.ends_at)

    def _write(self, client: int, started: float, seconds: float, rate: float) -> None:
        from django.db import connections

        from tests.makers.tracking import visits
        from workspaces.models import Workspace

        workspace = Workspace.objects.get(pk=self.workspace_id)
        rng = np.random.default_rng(client)
        sent = 0
        try:
            while (spent := time.monotonic() - started) < seconds:
                if sent > spent * rate:
                    time.sleep(min(0.05, sent / rate - spent))
                    continue
                now = self.clock.now()
                items, probe = self._batch(rng, now, is_probing=sent % 50 == 0)
                results = visits(workspace, *items, now=now)
                if any(result.is_error for result in results):
                    raise RuntimeError(f"A fact was refused: {results}")
                with self.lock:
                    self.found.committed += BATCH
                    if probe is not None:
                        self.committed_at[probe] = time.monotonic()
                sent += BATCH
        finally:
            connections.close_all()

    def _batch(
        self, rng: np.random.Generator, now: datetime, *, is_probing: bool
    ) -> tuple[list[dict[str, object]], str | None]:
        """Visits of contacts drawn; first perhaps a contact nobody has seen yet."""
        from tests.makers.tracking import visit_item

        def visit(whose: str, at: datetime, **item: object) -> dict[str, object]:
            return visit_item(whose, at, external_id=str(uuid4()), **item)

        items: list[dict[str, object]] = []
        probe = None
        if is_probing:
            with self.lock:
                self.number += 1
                probe, leaving = f"probe-{uuid4()}", f"leaving-{uuid4()}"
                ends = now + timedelta(seconds=1 + self.number % 20)
                self.ends_at[leaving] = ends
            items.append(visit(probe, now, source=_campaign("live-probe")))
            items.append(visit(leaving, ends - HOUR, source=_campaign("live-expiring")))
        others = rng.integers(1, self.contacts, BATCH - len(items))
        return [*items, *(visit(f"c{number}", now) for number in others)], probe

    def _read(self) -> None:
        """A reader of the feed, as over REST."""
        from django.db import connections

        from segments.live.feed import FeedFilters, external_ids, last_number, read_feed
        from workspaces.models import Workspace
        from workspaces.tenancy import workspace_scope

        workspace = Workspace.objects.get(pk=self.workspace_id)
        probes, expiring = self.segments
        with workspace_scope(workspace):
            after = last_number(workspace)
        try:
            while not self.done.is_set():
                with workspace_scope(workspace):
                    page = read_feed(
                        workspace=workspace, after=after, limit=1000, filters=FeedFilters()
                    )
                    at, instant = time.monotonic(), self.clock.now()
                    wanted = [c for c in page.changes if c.event.segment_id in self.segments]
                    known = external_ids(workspace, wanted)
                after = page.last
                for change in wanted:
                    key = known.get(change.contact_id) or ""
                    if change.event.segment_id == probes:
                        self._told(key, at)
                    elif change.event.segment_id == expiring and change.event.direction == "left":
                        ended = self.ends_at[key]
                        self.found.expiries.append((instant - ended).total_seconds())
                if not page.changes:
                    time.sleep(0.01)
        finally:
            connections.close_all()

    def _told(self, key: str, at: float) -> None:
        """The commit may be noted a moment after its event was read."""
        for _ in range(200):
            with self.lock:
                committed = self.committed_at.get(key)
            if committed is not None:
                self.found.facts.append(max(0.0, at - committed))
                return
            time.sleep(0.005)
