"""One click, one run, one audience; and an audience that is what was counted, while others write.

T-23 and T-24 of the promises.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from campaigns.frozen import settings_of, used_segments
from campaigns.models import Recipient, RecipientState, Run, RunState
from campaigns.receipt import receipt_of
from campaigns.services import freezing, scheduling
from campaigns.services.starting import AlreadyRunningError, start_now
from contacts.models import Contact
from contacts.services import tag_contacts, untag_contacts
from segments.models import Snapshot
from tests.makers.audiences import (
    GRANTED,
    campaign_to,
    make_run,
    make_sending_shop,
    read_campaign,
    read_run,
    recipients_of,
    runs_of,
)
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import upsert
from tests.makers.recounts import save_segment, system
from tests.makers.transactions import transaction_item, transactions
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
SECOND = timedelta(seconds=1)
WRITERS = 8
SEGMENT = {
    "any": [
        {"type": "tags.has", "match": "any", "tags": ["vip"]},
        {
            "type": "contacts.text",
            "attribute": "city",
            "operator": "any_of",
            "values": ["Kraków"],
        },
        {"type": "transactions.number_of_orders", "operator": "at_least", "number": 2},
    ]
}


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each answers, or raises, all of them begun at the same moment."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_eight_clicks_at_once_make_one_run_and_one_audience():
    workspace, readers = make_sending_shop(5)
    campaign = campaign_to(workspace, *readers)
    now = timezone.now()

    def click(key: str) -> Run:
        with workspace_scope(workspace):
            return start_now(actor=system(workspace), campaign=campaign, key=key, now=now)

    same = at_once(*[lambda: click("one")] * 8)
    assert len({each.pk for each in same}) == 1
    others = at_once(*[lambda number=number: click(f"other {number}") for number in range(8)])
    assert all(isinstance(each, AlreadyRunningError) for each in others)
    [run] = runs_of(campaign)

    later = now + SECOND
    at_once(*[lambda: freezing.freeze_open_runs(clock=lambda: later)] * 4)
    at_once(
        *[
            lambda: freezing.freeze_run(
                workspace_id=workspace.pk, run_id=run.pk, clock=lambda: later
            )
        ]
        * 4
    )
    run = read_run(run)
    assert (run.state, run.attempts, run.size) == (RunState.SENDING, 1, 5)
    assert len(recipients_of(run)) == 5


def test_different_clicks_at_once_make_one_run():
    workspace, readers = make_sending_shop(2)
    campaign = campaign_to(workspace, *readers)
    numbers = count(1)

    def click() -> Run:
        with workspace_scope(workspace):
            key = f"click {next(numbers)}"
            return start_now(
                actor=system(workspace), campaign=campaign, key=key, now=timezone.now()
            )

    found = at_once(*[click] * 8)
    assert sum(isinstance(each, Run) for each in found) == 1
    assert sum(isinstance(each, AlreadyRunningError) for each in found) == 7
    assert len(runs_of(campaign)) == 1


def test_three_schedulers_and_redelivered_tasks_make_one_run_of_each_slot():
    workspace, readers = make_sending_shop(3)
    now = timezone.now()
    local = (now - timedelta(minutes=1)).astimezone(workspace.zone)
    schedule = {
        "kind": "recurring",
        "every": "day",
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
    }
    due = local.replace(second=0, microsecond=0)
    campaigns = [
        campaign_to(workspace, *readers, schedule=schedule, state="scheduled", next_due_at=due)
        for _ in range(6)
    ]

    for _ in range(3):
        at_once(*[lambda: scheduling.queue_due_campaigns(now=now)] * 3)
        at_once(*[lambda: freezing.freeze_open_runs(clock=timezone.now)] * 3)

    for campaign in campaigns:
        [run] = runs_of(campaign)
        assert (run.state, run.attempts, len(recipients_of(run))) == (RunState.SENDING, 1, 3)
        assert read_campaign(campaign).next_due_at > now


class Writers:
    """Threads that flip tags, attributes, consents and transactions of random contacts."""

    def __init__(self, workspace: Any, ids: list[int]) -> None:
        self.workspace = workspace
        self.ids = ids
        self.number_written = 0
        self.errors: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(seed,)) for seed in range(WRITERS)
        ]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _run(self, seed: int) -> None:
        random = Random(seed)
        try:
            while not self._stop.is_set():
                self._write(random)
                self.number_written += 1
        except BaseException as error:
            self.errors.append(error)
        finally:
            connections.close_all()

    def _write(self, random: Random) -> None:
        workspace, now = self.workspace, timezone.now()
        number = random.randrange(len(self.ids))
        kind = random.randrange(4)
        if kind == 0:
            act = random.choice([tag_contacts, untag_contacts])
            with workspace_scope(workspace):
                act(
                    workspace=workspace,
                    tag="vip",
                    contact_ids=[self.ids[number]],
                    now=now,
                    source="api",
                )
        elif kind == 1:
            city = random.choice(["Kraków", "Gdańsk"])
            upsert(workspace, {"external_id": f"r{number}", "attributes": {"city": city}}, now=now)
        elif kind == 2:
            status = random.choice(["granted", "withdrawn"])
            upsert(workspace, {"external_id": f"r{number}", "consents": {"email": status}}, now=now)
        else:
            transactions(workspace, transaction_item(f"r{number}", now - SECOND), now=now)


def check_freezes_while_others_write(freezes: int, contacts: int) -> None:
    workspace, _none = make_sending_shop()
    now = timezone.now()
    upsert(
        workspace,
        *(
            {
                "external_id": f"r{number}",
                "email": f"r{number - number % 20 // 19}@mail.example",  # some have twins
                "consents": GRANTED,
                "tags": {"add": ["vip"] if number % 2 else ["other"]},
                "observed_at": (now - timedelta(days=3)).isoformat(),
            }
            for number in range(contacts)
        ),
        now=now,
    )
    segment = save_segment(workspace, SEGMENT, now=now)
    campaigns = [
        make_campaign(workspace, audience={"segments": [segment.pk]}) for _ in range(freezes)
    ]
    with workspace_scope(workspace):
        ids = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
    with Writers(workspace, ids) as writers:
        for campaign in campaigns:
            make_run(campaign, timezone.now())
        deadline = time.monotonic() + 60 + freezes
        while time.monotonic() < deadline:
            at_once(*[lambda: freezing.freeze_open_runs(clock=timezone.now)] * 2)
            with workspace_scope(workspace):
                if Run.objects.filter(as_of__isnull=True).exists():
                    continue
                if len(set(Run.objects.values_list("size", flat=True))) > 1:
                    break
            # All were of one size by chance: what others wrote in between is yet to be seen.
            campaigns.append(make_campaign(workspace, audience={"segments": [segment.pk]}))
            make_run(campaigns[-1], timezone.now())
    assert not writers.errors
    assert writers.number_written > freezes
    equal = [_is_exact(workspace, campaign) for campaign in campaigns]
    assert equal == [True] * len(campaigns)
    with workspace_scope(workspace):
        sizes = set(Run.objects.values_list("size", flat=True))
        recorded = list(Snapshot.objects.filter(reason="send").order_by("as_of"))
        at = dict(Run.objects.values_list("as_of", "segments"))
    assert len(sizes) > 1, "the audience did change from one send to the next"
    assert recorded
    for snapshot in recorded:
        assert at[snapshot.as_of][0]["size"] == snapshot.size
    chain = zip([None, *recorded], recorded, strict=False)
    for previous, snapshot in chain:
        before = 0 if previous is None else previous.size
        assert before + snapshot.entered - snapshot.left == snapshot.size


def _is_exact(workspace: Any, campaign: Any) -> bool:
    """Whether the size of the segment is recipients and excluded by reason, contact for contact."""
    [run] = runs_of(campaign)
    assert run.state == RunState.SENDING, run.error
    with workspace_scope(workspace):
        rows = Recipient.objects.filter(run=run)
        queued = rows.filter(state=RecipientState.QUEUED)
        skipped = rows.filter(state=RecipientState.SKIPPED).exclude(reason="").count()
        [segment] = used_segments(run)
        removed = sum(step["removed"] for step in run.waterfall)
        receipt = receipt_of(run=run)
        addresses = list(queued.values_list("address_hash", flat=True))
    assert len({bytes(each) for each in addresses}) == len(addresses) == run.size
    assert segment.members_hash == settings_of(run).audience_hash
    return (
        segment.size == run.size + skipped == len(addresses) + removed and receipt["matches_frozen"]
    )


def test_an_audience_is_what_was_counted_while_eight_others_write():
    check_freezes_while_others_write(6, 60)


@pytest.mark.night
def test_fifty_of_fifty_audiences_are_what_was_counted_while_eight_others_write():
    check_freezes_while_others_write(50, 500)
