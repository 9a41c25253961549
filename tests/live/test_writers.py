"""Eight clients write while pulses run: afterwards nothing differs, and nobody was told twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from contacts.services import create_tag, tag_contacts, untag_contacts
from tests.live.test_pulses import BOUGHT, VIP
from tests.live.test_stateful import BOUGHT_LATELY, SPENT, VISITED_LATELY, VISITS_FEW
from tests.makers.contacts import upsert
from tests.makers.live import Follower, check_live, live_state, members_by_events
from tests.makers.recounts import save_segment
from tests.makers.tracking import visit_item, visits
from tests.makers.transactions import transaction_item, transactions
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")

PEOPLE = 200
WRITERS = 8
DAY = timedelta(days=1)


def write(workspace: Workspace, ids: list[int], seed: int, done: threading.Event) -> None:
    """Facts of any age, tags given and taken, until told to stop."""
    rng = random.Random(seed)
    try:
        while not done.is_set():
            now = timezone.now()
            who = f"c{rng.randrange(PEOPLE)}"
            at = now - DAY * rng.choice([0, 0.2, 0.99999, 1.5, 2.99999, 6])
            match rng.randrange(3):
                case 0:
                    visits(workspace, visit_item(who, at), now=now)
                case 1:
                    transactions(workspace, transaction_item(who, at, "20.00"), now=now)
                case _:
                    act = rng.choice([tag_contacts, untag_contacts])
                    with workspace_scope(workspace):
                        act(
                            workspace=workspace,
                            tag="vip",
                            contact_ids=[rng.choice(ids)],
                            now=now,
                            source="api",
                        )
    finally:
        connections.close_all()


def under_fire(seconds: float, rounds: int) -> None:
    long_ago = timezone.now() - 9 * DAY
    workspace = make_workspace(now=long_ago)
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
    results = upsert(workspace, *({"external_id": f"c{n}"} for n in range(PEOPLE)), now=long_ago)
    trees = [
        BOUGHT,
        {"all": [VISITED_LATELY, {"not": VIP}]},
        {"any": [BOUGHT_LATELY, VIP]},
        {"all": [SPENT, VISITS_FEW]},
    ]
    for number, tree in enumerate(trees):
        save_segment(workspace, tree, name=f"S{number}", now=long_ago)
    ids = [result.id for result in results if result.id is not None]
    for round_number in range(rounds):
        follow(workspace, seconds, lambda done, n=round_number: writers(workspace, ids, n, done))


def writers(
    workspace: Workspace, ids: list[int], seed: int, done: threading.Event
) -> list[threading.Thread]:
    return [
        threading.Thread(target=write, args=(workspace, ids, seed * WRITERS + n, done))
        for n in range(WRITERS)
    ]


def follow(
    workspace: Workspace,
    seconds: float,
    make: Callable[[threading.Event], list[threading.Thread]],
) -> None:
    """Pulses all the while, quick ones and timed ones; then everything must be right."""
    follower = Follower(workspace)
    follower.pulse(timezone.now())
    before = live_state(workspace).last_number
    done = threading.Event()
    threads = make(done)
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    pulses = 0
    while time.monotonic() < until:
        follower.pulse(timezone.now(), is_timed=pulses % 3 == 0)
        pulses += 1
    done.set()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    now = timezone.now()
    follower.pulse(now)
    check_live(workspace, now, follower.memory)
    assert live_state(workspace).last_number > before, "something happened"
    assert live_state(workspace).corrections == 0
    assert members_by_events(workspace)


def test_eight_writers_and_pulses_agree_in_the_end():
    under_fire(seconds=2, rounds=1)


@pytest.mark.night
def test_eight_writers_and_pulses_agree_for_a_long_time():
    under_fire(seconds=20, rounds=6)
