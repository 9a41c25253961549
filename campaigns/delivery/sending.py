"""Senders: they take turns over all runs. Each has its own connection to the database and to each
mail server it uses; any number may work side by side, in threads, processes and on machines.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, sleep
from typing import Any

import structlog
from django.db import connections
from django.utils.translation import override

from campaigns.delivery.choosing import Turns, Waiting, open_runs
from campaigns.delivery.jobs import RENDERING, Job, Renderer
from campaigns.delivery.limits import pause_account
from campaigns.delivery.outcomes import AccountUnavailableError, Transporter
from campaigns.delivery.plan import CannotSendError, Plan, plan_of
from campaigns.delivery.transports import transport_for
from campaigns.models import Run
from campaigns.services.control import pause_for
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

logger = structlog.get_logger(__name__)

TURN_SECONDS = 1.0  # then another run may have its turn
PLAN_SECONDS = 5.0  # how long what is known of a run and its account is believed

MakesRenderer = Callable[..., Renderer]


def content_renderer(*, workspace: Workspace, run: Run) -> Renderer:
    """What makes the messages of a run."""
    from campaigns.content.rendering import renderer_for

    renderer: Renderer = renderer_for(workspace=workspace, run=run)
    return renderer


@dataclass
class Sender:
    """Sends whatever is to be sent, run by run."""

    clock: Callable[[], datetime]
    renderer_for: MakesRenderer = content_renderer
    turns: Turns = field(default_factory=Turns)
    jobs: dict[tuple[int, int], tuple[float, Job]] = field(default_factory=dict)
    transports: dict[Any, Transporter] = field(default_factory=dict)

    def work(self, *, seconds: float) -> int:
        """Send until there is nothing left or the time is up. How many recipients were taken."""
        until = monotonic() + seconds
        number = 0
        try:
            while (left := until - monotonic()) > 0:
                waiting = self.turns.next()
                if waiting is not None:
                    number += self._turn(waiting, min(monotonic() + TURN_SECONDS, until))
                    continue
                pause = self.turns.soonest()
                if pause is None or pause > left:
                    break
                sleep(pause + 0.01)
        finally:
            self.close()
        return number

    def close(self) -> None:
        """Let go of mail servers."""
        for transport in self.transports.values():
            with suppress(OSError):
                transport.close()
        self.transports.clear()
        self.jobs.clear()

    def _turn(self, waiting: Waiting, until: float) -> int:
        job = self._job(waiting)
        if job is None:
            self.turns.leave(waiting, seconds=5)
            return 0
        number = 0
        with override(job.plan.workspace.language):
            while monotonic() < until:
                taken = job.send()
                number += taken
                if job.rests_for:
                    self.turns.leave(waiting, seconds=job.rests_for)
                    job.rests_for = 0.0
                    break
                if not taken:
                    break
        return number

    def _job(self, waiting: Waiting) -> Job | None:
        key = (waiting.workspace_id, waiting.run_id)
        read_at, job = self.jobs.get(key, (0.0, None))
        if job is not None and monotonic() - read_at < PLAN_SECONDS:
            return job
        workspace = Workspace.objects.get(pk=waiting.workspace_id)
        try:
            plan = plan_of(workspace=workspace, run_id=waiting.run_id)
            transport = self._transport(plan)
        except CannotSendError as error:
            self._stop(workspace, waiting, str(error))
            return None
        except AccountUnavailableError as error:
            with workspace_scope(workspace):
                pause_account(plan.account, seconds=error.seconds, error=str(error))
            return None
        if job is None:
            with RENDERING, workspace_scope(workspace):
                renderer = self.renderer_for(workspace=workspace, run=plan.run)
            job = Job(plan, renderer, transport, self.clock)
        job.plan, job.transport = plan, transport
        self.jobs[key] = (monotonic(), job)
        return job

    def _transport(self, plan: Plan) -> Transporter:
        account, domain = plan.account, plan.sender.domain
        key = (account.pk, bytes(account.credentials), domain.pk if domain else None)
        if key not in self.transports:
            self.transports[key] = transport_for(account, domain=domain)
        return self.transports[key]

    def _stop(self, workspace: Workspace, waiting: Waiting, reason: str) -> None:
        with workspace_scope(workspace):
            run = Run.objects.in_workspace(workspace).get(pk=waiting.run_id)
            pause_for(run=run, reason=reason, now=self.clock())


def send_all(
    *,
    seconds: float,
    senders: int,
    clock: Callable[[], datetime],
    renderer_for: MakesRenderer = content_renderer,
) -> int:
    """Send with so many senders side by side; how many recipients were taken.

    A sender that fails leaves its recipients to the sweeper, and the others go on.
    """
    if not open_runs():
        return 0
    if senders == 1:
        return Sender(clock, renderer_for).work(seconds=seconds)
    with ThreadPoolExecutor(max_workers=senders, thread_name_prefix="sender") as pool:
        return sum(pool.map(lambda _: _guarded(seconds, clock, renderer_for), range(senders)))


def _guarded(seconds: float, clock: Callable[[], datetime], renderer_for: MakesRenderer) -> int:
    try:
        return Sender(clock, renderer_for).work(seconds=seconds)
    except Exception:
        logger.exception("sender_failed")
        return 0
    finally:
        connections.close_all()
