"""The process that follows live membership: waits for news, and pulses workspaces in turn.

A ring says where to look at once; without any it looks every second, and every so often at windows
that ran out. Several of these processes share the workspaces by leases; each keeps the sets of its
own in memory, up to a limit.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, close_old_connections
from django.db.utils import Error as DatabaseError

from segments.live import leases
from segments.live.memory import LiveMemory
from segments.live.pulse import advance_live
from workspaces.bell import Listener
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0  # without a ring
REST_SECONDS = 0.25  # between two pulses of a workspace: a burst of facts is one pulse
FOLLOW_UP_SECONDS = 1.0  # after news, time is looked at, too: a fact may lie a moment ahead
QUICK_SECONDS = 0.3  # where looking at windows takes less than this, every pulse does
HEAVY_SECONDS = 1.0  # a workspace whose pulse takes longer can't have the last free thread
FIND_SECONDS = 3.0  # between looking for workspaces that are new here
KEEP_SECONDS = 300.0  # between writing a workspace's leaf sets to the store
FAULT_SECONDS = 5.0  # a workspace whose pulse failed waits
ATTEMPTS = 3  # when two transactions got in each other's way

Clock = Callable[[], datetime]


@dataclass
class Follower:
    """A workspace this process follows."""

    memory: LiveMemory
    is_heavy: bool = True  # until its first pulse, which loads everything
    is_quick: bool = False  # the last pulse that looked at windows was
    may_start_at: float = 0.0  # monotonic
    look_again_at: float | None = None
    megabytes: float = 0.0  # its sets, after its last pulse
    kept_at: float = field(default_factory=time.monotonic)


class LiveProcess:
    """Follows workspaces until it is told to stop."""

    def __init__(
        self,
        *,
        clock: Clock,
        threads: int | None = None,
        timed_every: timedelta | None = None,
    ) -> None:
        self.clock = clock
        self.threads = threads or settings.LIVE_THREADS
        self.timed_every = timed_every or timedelta(seconds=settings.LIVE_TIMED_SECONDS)
        self.holder = f"{socket.gethostname()[:20]}:{os.getpid()}:{secrets.token_hex(3)}"
        self.followers: OrderedDict[int, Follower] = OrderedDict()
        self.running: dict[int, Future[None]] = {}
        self.rang: set[int] = set()
        self._is_new = True  # what rang before, nobody has heard
        self._stop = threading.Event()
        self._executor = ThreadPoolExecutor(self.threads, thread_name_prefix="pulse")
        self._listener = Listener(settings.REDIS_URL)
        self._next_look = self._next_find = self._next_lease = 0.0

    def stop(self) -> None:
        """End in order, soon; safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Follow until `stop`. What another process can't do without us is given back."""
        logger.info("live_started", holder=self.holder, threads=self.threads)
        try:
            while not self._stop.is_set():
                self._turn()
        finally:
            self._executor.shutdown(wait=True)
            self._listener.close()
            self._collect()
            self._give_back(list(self.followers))
            logger.info("live_stopped", holder=self.holder)

    def run_once(self) -> int:
        """Pulse every workspace that is due, and return how many were."""
        leases.find_workspaces()
        started = self.clock()
        done: set[int] = set()
        try:
            while due := leases.claim_due(
                holder=self.holder, timed_before=started, rang=(), but=done
            ):
                done.add(due.workspace_id)
                self._pulse(self._follower(due.workspace_id), is_timed=True)
        finally:
            self._executor.shutdown(wait=True)
            self._give_back(list(self.followers))
        return len(done)

    # --- One turn -----------------------------------------------------------------------------

    def _turn(self) -> None:
        self.rang |= self._listener.wait(self._idle_seconds())
        self._collect()
        try:
            self._tend()
            self._start_due()
        except DatabaseError:
            logger.warning("live_database_away", exc_info=True)
            close_old_connections()
            self._stop.wait(LOOK_SECONDS)

    def _idle_seconds(self) -> float:
        """Until the next thing there is to do, at most a look's time."""
        now = time.monotonic()
        if self.running:
            return 0.02  # a pulse ends without ringing
        moments = [self._next_look]
        for workspace_id, follower in self.followers.items():
            if follower.look_again_at is not None:
                moments.append(follower.look_again_at)
            if workspace_id in self.rang:
                moments.append(follower.may_start_at)
        return min(max(min(moments) - now, 0.0), LOOK_SECONDS)

    def _collect(self) -> None:
        for workspace_id in [key for key, each in self.running.items() if each.done()]:
            self.running.pop(workspace_id)

    def _tend(self) -> None:
        close_old_connections()
        now = time.monotonic()
        if now >= self._next_lease:
            self._next_lease = now + settings.LIVE_LEASE_SECONDS / 3
            leases.keep_leases(holder=self.holder)
        if now >= self._next_find:
            self._next_find = now + FIND_SECONDS
            leases.find_workspaces()
        if self._is_new:
            self.rang |= leases.followed_workspaces()
            self._is_new = False

    def _start_due(self) -> None:
        now = time.monotonic()
        for workspace_id, follower in self.followers.items():
            if follower.look_again_at is not None and follower.look_again_at <= now:
                self.rang.add(workspace_id)
        busy = self._busy(now)
        if now < self._next_look and not self.rang - busy:
            return
        while len(self.running) < self.threads:
            due = leases.claim_due(
                holder=self.holder,
                timed_before=self.clock() - self.timed_every,
                rang=self.rang,
                but=busy,
            )
            if due is None:
                self.rang &= busy  # what isn't ours to pulse rings for somebody else
                self._next_look = now + LOOK_SECONDS
                return
            busy.add(due.workspace_id)
            self._start(due, now)

    def _busy(self, now: float) -> set[int]:
        """Workspaces not to be started now: running, resting, or too heavy for what is free."""
        busy = set(self.running)
        heavy = sum(self.followers[key].is_heavy for key in busy if key in self.followers)
        is_full = heavy >= max(1, self.threads - 1)
        for workspace_id, follower in self.followers.items():
            if follower.may_start_at > now or (is_full and follower.is_heavy):
                busy.add(workspace_id)
        return busy

    def _start(self, due: leases.Due, now: float) -> None:
        self.rang.discard(due.workspace_id)
        follower = self._follower(due.workspace_id)
        is_timed = due.is_timed or follower.is_quick
        if follower.look_again_at is not None and follower.look_again_at <= now:
            is_timed, follower.look_again_at = True, None
        follower.may_start_at = now + REST_SECONDS
        self.running[due.workspace_id] = self._executor.submit(
            self._pulse, follower, is_timed=is_timed
        )
        self._make_room()

    def _follower(self, workspace_id: int) -> Follower:
        follower = self.followers.get(workspace_id)
        if follower is None:
            workspace = Workspace.objects.get(pk=workspace_id)
            follower = self.followers[workspace_id] = Follower(LiveMemory(workspace))
        self.followers.move_to_end(workspace_id)
        return follower

    # --- In a thread of the pool ---------------------------------------------------------------

    def _pulse(self, follower: Follower, *, is_timed: bool) -> None:
        started = time.monotonic()
        workspace_id = follower.memory.workspace.pk
        try:
            self._refresh(follower)
            self._attempt(follower, is_timed=is_timed)
            if time.monotonic() - follower.kept_at > KEEP_SECONDS:
                self._keep(follower)
        except Exception:
            follower.memory.forget()
            follower.may_start_at = time.monotonic() + FAULT_SECONDS
            logger.exception("live_pulse_failed", workspace=workspace_id)
        finally:
            took = time.monotonic() - started
            follower.is_heavy = took > HEAVY_SECONDS
            if is_timed:
                follower.is_quick = took < QUICK_SECONDS
            follower.megabytes = follower.memory.megabytes
            close_old_connections()

    def _refresh(self, follower: Follower) -> None:
        """Zone, currency and start of the week decide what trees mean."""
        known = follower.memory.workspace
        current = Workspace.objects.get(pk=known.pk)
        fields = ("time_zone", "week_start", "base_currency")
        if any(getattr(known, name) != getattr(current, name) for name in fields):
            follower.memory = LiveMemory(current)

    def _attempt(self, follower: Follower, *, is_timed: bool) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                pulse = advance_live(
                    workspace=follower.memory.workspace,
                    now=self.clock(),
                    memory=follower.memory,
                    is_timed=is_timed,
                )
            except (OperationalError, IntegrityError, InterfaceError) as error:
                close_old_connections()
                if attempt == ATTEMPTS:
                    raise
                logger.info("live_pulse_again", error=str(error)[:200])
                continue
            if pulse.had_news and follower.look_again_at is None:
                follower.look_again_at = time.monotonic() + FOLLOW_UP_SECONDS
            if pulse.events:
                logger.info(
                    "live_pulse",
                    workspace=follower.memory.workspace.pk,
                    events=sum(event.count for event in pulse.events),
                    last_number=pulse.events[-1].number,
                )
            return

    def _keep(self, follower: Follower) -> None:
        """Leaf sets go to the store, for web and workers, and for whoever takes over."""
        follower.kept_at = time.monotonic()
        with workspace_scope(follower.memory.workspace):
            follower.memory.pool.keep()

    # --- Memory and leases ---------------------------------------------------------------------

    def _make_room(self) -> None:
        """Forget the workspaces pulsed longest ago while their sets take too much memory."""
        used = sum(each.megabytes for each in self.followers.values())
        for workspace_id in list(self.followers):
            if used <= settings.LIVE_MEGABYTES:
                return
            if workspace_id in self.running:
                continue
            used -= self.followers[workspace_id].megabytes
            self._give_back([workspace_id])

    def _give_back(self, workspace_ids: list[int]) -> None:
        for workspace_id in workspace_ids:
            follower = self.followers.pop(workspace_id)
            try:
                if follower.memory.mark is not None:
                    self._keep(follower)
                leases.give_back(workspace_id=workspace_id, holder=self.holder)
            except DatabaseError:  # the lease runs out by itself
                logger.warning("live_lease_kept", workspace=workspace_id, exc_info=True)
                close_old_connections()
