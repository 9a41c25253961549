"""Leaf sets stay exact while many write facts, many ask, and those who ask are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import override_settings

from config.local.processes import spawn
from contacts.services import create_tag, tag_contacts, untag_contacts
from segments.criteria.scope import Scope
from segments.criteria.tree import Tree
from segments.engine import storing
from segments.engine.bringing import Held, bring
from segments.engine.columns import keeping
from segments.engine.columns.answering import starts_from_columns
from segments.engine.columns.keeping import forget_table, keep_table
from segments.engine.columns.tables import TABLES
from segments.engine.evaluation import evaluate_tree, leaves_of
from segments.engine.leaves import fetch_sets
from segments.engine.questions import ask
from segments.engine.vector_store import starts_from_vectors
from segments.models import KeptTable, LeafSet, LeafVector
from tests.makers.contacts import upsert
from tests.makers.segments import parse
from tests.makers.tracking import visit_item, visits
from tests.makers.transactions import transaction_item, transactions
from tests.makers.workspaces import make_workspace
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")

PEOPLE, WRITERS, ASKERS = 30, 8, 3
START = datetime(2026, 3, 27, 9, 30, tzinfo=UTC)  # two days before Warsaw's day of 23 hours
STEPS = (1, 1_800, 3_600, 30_600, 86_400, 90_000, 200_000)


def counted(kind: str, operator: str, number: int, **window: Any) -> dict[str, Any]:
    return {"type": kind, "operator": operator, "number": number, "window": window}


ORDERS, VISITED = "transactions.number_of_orders", "visits.visited"
TREES: list[dict[str, Any]] = [
    {
        "all": [
            {"type": "tags.has", "match": "any", "tags": ["vip"]},
            {"not": counted(VISITED, "at_least", 2, calendar="today")},
        ]
    },
    {
        "any": [
            counted(ORDERS, "at_least", 2, last=2, unit="days"),
            counted(ORDERS, "at_most", 1, last_whole_days=3),
            {"type": "ranks.top", "by": "amount_spent", "number": 5},
        ]
    },
    {
        "all": [
            {"type": "transactions.amount_spent", "operator": "at_least", "amount": "50.00"},
            counted(VISITED, "less_than", 3, last=24, unit="hours"),
        ]
    },
]


@pytest.fixture(autouse=True)
def _everything_is_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(storing, "PAST", timedelta(days=9999))
    monkeypatch.setattr(storing, "FUTURE", timedelta(days=9999))
    monkeypatch.setattr(keeping, "BLOCK_ROWS", 40)
    with override_settings(LEAF_SET_MIN_MICROSECONDS=0, KEPT_TABLES_FROM_CONTACTS=0):
        yield


def open_shop() -> Workspace:
    workspace = make_workspace(now=START - timedelta(days=9))
    with workspace_scope(workspace):
        create_tag(workspace=workspace, name="vip")
    upsert(workspace, *({"external_id": f"c{n}"} for n in range(PEOPLE)), now=START)
    return workspace


def ids_of_people(workspace: Workspace) -> list[int]:
    with workspace_scope(workspace):
        people = Scope(workspace, START + timedelta(seconds=1)).contacts()
        return list(people.values_list("pk", flat=True))


def write_one(workspace: Workspace, ids: list[int], dice: random.Random, now: datetime) -> None:
    who, ago = f"c{dice.randrange(PEOPLE)}", timedelta(hours=dice.choice([0, 0, 1, 23, 25, 47, 71]))
    what = dice.randrange(3)
    if what == 0:
        visits(workspace, visit_item(who, now - ago), now=now)
    elif what == 1:
        amount = dice.choice(["5.00", "40.00"])
        transactions(workspace, transaction_item(who, now - ago, amount), now=now)
    else:
        state = dice.choice([tag_contacts, untag_contacts])
        with workspace_scope(workspace):
            state(
                workspace=workspace,
                tag="vip",
                contact_ids=[dice.choice(ids)],
                now=now,
                source="api",
            )


def evaluate_all(workspace: Workspace, now: datetime) -> None:
    with workspace_scope(workspace):
        for tree in trees_of(workspace):
            evaluate_tree(tree, Scope(workspace, now))


def keep_tables(workspace: Workspace, now: datetime) -> None:
    for name in TABLES:
        with workspace_scope(workspace):
            keep_table(workspace=workspace, name=name, as_of=now)


def forget_tables(workspace: Workspace, _now: datetime) -> None:
    with workspace_scope(workspace):
        for name in TABLES:
            forget_table(workspace=workspace, name=name)


def trees_of(workspace: Workspace) -> list[Tree]:
    return [parse(workspace, where) for where in TREES]


def at_once(*acts: Callable[[], None], seconds: float) -> None:
    """Do all of it again and again, each on its own connection, for a while."""
    faults: list[BaseException] = []
    until = time.monotonic() + seconds

    def run(act: Callable[[], None]) -> None:
        try:
            while time.monotonic() < until:
                act()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def check_kept(workspace: Workspace, now: datetime) -> int:
    """Every kept set and vector, brought to now, is what a fresh question finds."""
    with workspace_scope(workspace):
        scope = Scope(workspace, now)
        makes = leaves_of(*trees_of(workspace), with_absence=True)
        asked = {name: ask(name, make, scope) for name, make in makes.items()}
        keys = {name: each.key for name, each in asked.items()}
        fresh = fetch_sets({name: make(scope) for name, make in makes.items()}, scope)
        kept = storing.load(workspace, keys, as_of=now)
        by_columns = starts_from_columns(asked, makes, scope).held
        if KeptTable.objects.count() == len(TABLES):
            assert len(by_columns) > 2
        for known in (kept, starts_from_vectors(asked, makes, scope), by_columns):
            brought = bring(asked, known, scope)
            assert {n: s for n, s in brought.sets.items() if s != fresh[n]} == {}
        return len(kept)


@pytest.mark.parametrize(
    ("rounds", "seconds"), [(3, 0.8), pytest.param(400, 0.5, marks=pytest.mark.night)]
)
def test_kept_sets_equal_fresh_questions_after_each_round_of_writing_and_asking(
    rounds: int, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Held, "is_cheaper_patched", lambda self, contacts: True)
    workspace, dice, now, kept = open_shop(), random.Random(rounds), START, 0
    ids = ids_of_people(workspace)
    for number in range(rounds):
        now += timedelta(seconds=dice.choice(STEPS))
        keep = partial(keep_tables if number % 2 else forget_tables, workspace, now)
        dices = [random.Random(dice.random()) for _ in range(WRITERS)]
        writers = [partial(write_one, workspace, ids, own, now) for own in dices]
        askers = [partial(evaluate_all, workspace, now)] * ASKERS
        at_once(*writers, *askers, keep, seconds=seconds)
        kept += check_kept(workspace, now + timedelta(milliseconds=1))
    assert kept >= rounds * 5
    with workspace_scope(workspace):
        assert LeafSet.objects.count() > 5
        assert LeafVector.objects.count() > 1


ASK = """
import sys
from datetime import datetime, timedelta
import django
django.setup()
from segments.engine import storing
from tests.engine.test_under_fire import evaluate_all, keep_tables
from workspaces.models import Workspace
storing.PAST = storing.FUTURE = timedelta(days=9999)
workspace = Workspace.objects.get(pk=int(sys.argv[1]))
print("asking", flush=True)
while True:
    keep_tables(workspace, datetime.fromisoformat(sys.argv[2]))
    evaluate_all(workspace, datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.night
def test_killed_processes_leave_nothing_wrong_behind() -> None:
    workspace, dice, now = open_shop(), random.Random(5), START
    ids = ids_of_people(workspace)
    name = connections["default"].settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    environment = {**os.environ, "DATABASE_URL": url, "LEAF_SET_MIN_MICROSECONDS": "0"}
    environment |= {"KEPT_TABLES_FROM_CONTACTS": "0"}
    for _ in range(30):
        now += timedelta(seconds=dice.choice(STEPS))
        process = spawn(
            [sys.executable, "-c", ASK, str(workspace.pk), now.isoformat()],
            env=environment,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"asking\n"
        for _ in range(dice.randrange(5, 40)):
            write_one(workspace, ids, dice, now)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        check_kept(workspace, now + timedelta(milliseconds=1))
