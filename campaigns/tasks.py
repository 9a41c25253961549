"""Campaigns in the background: ticks find what is due, workers take it from PostgreSQL."""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from campaigns.delivery.choosing import open_runs
from campaigns.delivery.sending import send_all
from campaigns.delivery.sweeping import sweep
from campaigns.services import accounts, domains, freezing, scheduling, testing
from campaigns.services import confirmation_letters as letters
from workspaces.tasks import all_workspaces_task

logger = structlog.get_logger(__name__)


@all_workspaces_task()
def tick(**_: Any) -> None:
    """Find what is due, put right what dead workers left, and ring for the workers."""
    now = timezone.now()
    steps = (
        lambda: scheduling.queue_due_campaigns(now=now),
        lambda: scheduling.queue_resends(now=now),
        lambda: testing.settle_tests(now=now),
        lambda: sweep(now=now),
    )
    for step in steps:
        try:
            step()
        except Exception:  # what one does doesn't wait for what another can't
            logger.exception("campaign_tick_failed")
    freeze_runs.apply_async(expires=15)
    if letters.are_due(now=now):
        send_confirmations.apply_async(expires=15)
    if open_runs():
        work_sends.apply_async(expires=15)


@all_workspaces_task()
def freeze_runs(**_: Any) -> None:
    """Count and freeze the audiences of runs that have begun, and ring for the senders."""
    if freezing.freeze_open_runs(clock=timezone.now):
        work_sends.apply_async(expires=15)


@all_workspaces_task()
def work_sends(**_: Any) -> None:
    """Send until there is nothing left or the time is up; then hand the rest on.

    A message that waited is dropped: the next tick brings another, so that they never pile up.
    """
    taken = send_all(
        seconds=settings.SENDING_SECONDS,
        senders=settings.SENDING_CONNECTIONS,
        clock=timezone.now,
    )
    if taken and open_runs():
        work_sends.apply_async(expires=15)


@all_workspaces_task()
def send_confirmations(**_: Any) -> None:
    """Send the letters that ask contacts to confirm their consent."""
    letters.send_due(clock=timezone.now)


@all_workspaces_task()
def read_bounce_mailboxes(**_: Any) -> None:
    """Read what mail servers sent back, account by account."""
    accounts.read_all_bounces(now=timezone.now())


@all_workspaces_task()
def check_domains(**_: Any) -> None:
    """Look at the DNS of sender domains that were not looked at for a while."""
    domains.check_all(now=timezone.now())
