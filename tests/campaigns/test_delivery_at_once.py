"""Many senders at once, tasks delivered twice, and people who unsubscribe meanwhile."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connections
from django.utils import timezone

from campaigns.delivery.sending import send_all
from campaigns.delivery.sweeping import sweep
from campaigns.models import RunState
from campaigns.tasks import tick, work_sends
from contacts.models import Channel, SuppressionReason
from contacts.services import suppress_address
from tests.makers.delivery import (
    addresses,
    make_frozen_run,
    make_smtp_account,
    read_run,
    states,
)
from tests.makers.sinks import Sink, smtp_sink
from tests.makers.workspaces import make_workspace
from tracking.models import Message
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def beside(*works):
    """These run while the block does, each with a connection of its own."""
    faults: list[BaseException] = []

    def run(work) -> None:
        try:
            work()
        except BaseException as fault:
            faults.append(fault)
            raise
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(60)
    assert not faults, faults


def test_tasks_delivered_again_and_several_schedulers_send_each_message_once(settings):
    settings.SENDING_CONNECTIONS = 2
    shop = make_workspace()
    with smtp_sink() as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(60))
        with beside(work_sends, work_sends, tick, tick):
            tick()
        sweep(now=timezone.now())
    assert sorted(address for address, _ in sink.accepted) == sorted(addresses(60))
    assert states(shop, run) == {"sent": 60}
    assert read_run(shop, run).state == RunState.FINISHED
    with workspace_scope(shop):
        assert Message.objects.count() == 60


def test_who_unsubscribes_while_it_is_being_sent_gets_nothing_afterwards():
    shop = make_workspace()
    unsubscribed: dict[str, float] = {}
    arrived: dict[str, float] = {}

    class Timed(Sink):
        def accept(self, address: str, content: bytes) -> None:
            arrived[address] = time.monotonic()
            super().accept(address, content)

    everybody = addresses(80)

    def unsubscribe() -> None:
        # From the end: most of them are still to come.
        for address in reversed(everybody[10:]):
            suppress_address(
                workspace=shop,
                channel=Channel.EMAIL,
                address=address,
                reason=SuppressionReason.UNSUBSCRIBED,
                now=timezone.now(),
            )
            unsubscribed[address] = time.monotonic()

    with smtp_sink(kind=Timed) as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, everybody)
        with beside(unsubscribe):
            send_all(seconds=30, senders=2, clock=timezone.now)
    late = {
        address: arrived[address] - at for address, at in unsubscribed.items() if address in arrived
    }
    # What was handed over a moment before the unsubscribe was committed is on its way.
    on_its_way = [address for address, delay in late.items() if delay > 0]
    assert len(on_its_way) <= 2, "at most one on each connection"
    found = states(shop, run)
    assert found["sent"] == len(arrived)
    assert found["sent"] + found.get("suppressed", 0) == 80
    assert found.get("suppressed", 0) > 0
