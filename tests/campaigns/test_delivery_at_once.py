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
from campaigns.services.control import pause_run, resume_run
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
from tests.makers.workspaces import make_actor, make_workspace
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


@pytest.mark.night
def test_a_send_to_twenty_thousand_paused_and_gone_on_with_twenty_times_repeats_nothing():
    shop = make_workspace()
    actor = make_actor(shop)
    late: list[int] = []
    with smtp_sink(keeps_messages=False) as sink:
        make_smtp_account(shop, sink)
        run = make_frozen_run(shop, addresses(20_000))
        is_over = threading.Event()

        def work() -> None:
            while not is_over.is_set():
                send_all(seconds=5, senders=2, clock=timezone.now)
                sweep(now=timezone.now())
                time.sleep(0.05)

        with beside(work):
            for _ in range(20):
                wanted = len(sink.accepted) + 500
                wait_until(lambda wanted=wanted: len(sink.accepted) >= wanted)
                pause_run(actor=actor, run=run, now=timezone.now())
                at_pause = len(sink.accepted)
                time.sleep(0.5)
                late.append(len(sink.accepted) - at_pause)
                still = len(sink.accepted)
                time.sleep(0.3)
                assert len(sink.accepted) == still, "it goes on although it is paused"
                resume_run(actor=actor, run=run, now=timezone.now())
            wait_until(lambda: read_run(shop, run).state == RunState.FINISHED, seconds=300)
            is_over.set()
    assert sorted(address for address, _ in sink.accepted) == sorted(addresses(20_000))
    assert states(shop, run) == {"sent": 20_000}
    assert max(late) <= 4, late  # what was at the server already


def wait_until(is_so, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "that never came"
        time.sleep(0.01)
