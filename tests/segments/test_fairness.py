"""One workspace doesn't slow another, trends stand back for counts, and what nobody wants any more
is stopped while it runs."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, connections

from segments.models import Recount, RecountReason, RecountState, SegmentState
from segments.services import backfilling, claims, queueing, recounting
from tests.makers.contacts import make_contact
from tests.makers.recounts import (
    EVERYBODY,
    MINUTE,
    ask,
    change,
    claim_now,
    counts,
    do,
    let_lease_run_out,
    read_segment,
    recounts,
    save_segment,
    snapshots,
    work,
)
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
NOBODY = {"not": EVERYBODY}
TURNS = claims.MAX_ATTEMPTS + 3
DAYS = 20


@pytest.fixture(autouse=True)
def short_lines(settings):
    """How long a trend is doesn't matter here."""
    settings.TREND_DAYS = DAYS


def backfill_of(segment):
    [backfill] = recounts(segment, reason=RecountReason.BACKFILL)
    return backfill


# --- Trends stand back --------------------------------------------------------------------------


def test_one_trend_of_a_workspace_is_computed_at_a_time(settings):
    settings.BACKFILLS_AT_ONCE = 5
    one, other = make_workspace("One"), make_workspace("Other")
    for workspace in (one, one, other):
        do_counts(save_segment(workspace, EVERYBODY, name=f"s{time.monotonic_ns()}"))

    held = [claim_now(), claim_now()]

    assert {claim.workspace_id for claim in held} == {one.pk, other.pk}
    assert claims.claim_recount(now=NOW) is None
    do(held[0])
    assert claim_now().reason == RecountReason.BACKFILL


def do_counts(segment):
    claim = claim_now()
    assert claim.reason != RecountReason.BACKFILL
    do(claim)
    return segment


def test_so_many_trends_at_a_time_as_the_settings_say():
    for name in ("One", "Other"):
        do_counts(save_segment(make_workspace(name), EVERYBODY))

    held = claim_now()

    assert claims.claim_recount(now=NOW) is None, "a worker is left for counts"
    do(held)
    assert claim_now().workspace_id != held.workspace_id


def test_a_long_trend_stands_back_and_goes_on_however_often(monkeypatch):
    monkeypatch.setattr(backfilling, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(backfilling, "MOST_DAYS_AT_ONCE", 8)
    segment = do_counts(save_segment(make_workspace(), EVERYBODY))
    done = [0]
    for turn in range(TURNS):
        do(claim_now())
        backfill = backfill_of(segment)
        assert (backfill.state, backfill.turns) == (RecountState.QUEUED, turn + 1)
        assert backfill.progress_done > done[-1]
        done.append(backfill.progress_done)

    held = claim_now()
    assert (held.attempt, held.failures) == (TURNS + 1, 0)
    let_lease_run_out(held)
    assert claims.reopen_abandoned(now=NOW) == 1, "it stood back; that is no failure"
    monkeypatch.undo()
    work(backfills=True)

    assert backfill_of(segment).state == RecountState.DONE
    assert len(snapshots(segment, recorded=False)) == DAYS + 1


def test_a_trend_that_goes_wrong_again_and_again_fails_all_the_same(monkeypatch):
    monkeypatch.setattr(backfilling, "TURN_SECONDS", 0.0)
    segment = do_counts(save_segment(make_workspace(), EVERYBODY))
    do(claim_now())
    for _attempt in range(claims.MAX_ATTEMPTS):
        let_lease_run_out(claim_now())
        claims.reopen_abandoned(now=NOW)
    assert backfill_of(segment).state == RecountState.FAILED
    assert read_segment(segment).state == SegmentState.FRESH


def test_every_segment_has_its_latest_days_before_any_has_its_year(monkeypatch):
    monkeypatch.setattr(backfilling, "FIRST_DAYS", 7)
    workspace = make_workspace()
    segments = [
        do_counts(save_segment(workspace, EVERYBODY, name=f"s{number}", now=NOW + number * MINUTE))
        for number in range(3)
    ]
    for _segment in segments:
        do(claim_now())
    assert [backfill_of(each).state for each in segments] == [RecountState.QUEUED] * 3
    assert [backfill_of(each).progress_done for each in segments] == [7] * 3

    work(backfills=True)

    assert [len(snapshots(each, recorded=False)) for each in segments] == [DAYS + 1] * 3


def test_a_count_that_waits_is_taken_before_the_trend_goes_on(monkeypatch):
    workspace = make_workspace()
    segment = do_counts(save_segment(workspace, EVERYBODY))
    held = claim_now()
    ask(segment, now=NOW)

    do(held, now=NOW + MINUTE)

    assert backfill_of(segment).state == RecountState.QUEUED
    assert 0 < backfill_of(segment).progress_done < DAYS + 1
    assert claim_now(now=NOW + MINUTE).reason == RecountReason.AD_HOC


def test_a_trend_does_not_stand_back_for_a_count_nobody_may_take():
    """The workspace has the workers it may have: standing back would help nobody."""
    workspace = make_workspace()
    segment = do_counts(save_segment(workspace, EVERYBODY))
    other = save_segment(workspace, NOBODY, name="other")
    [busy, held] = [claim_now(), claim_now()]
    assert (busy.reason, held.reason) == ("saved", "backfill")
    ask(segment, now=NOW)

    do(held, now=NOW + MINUTE)

    states = {backfill_of(each).state for each in (segment, other)}
    assert RecountState.DONE in states


# --- Workers of a workspace ---------------------------------------------------------------------


def test_a_workspace_has_as_many_workers_as_the_settings_say(settings):
    busy, small = make_workspace("Busy"), make_workspace("Small")
    for number in range(4):
        save_segment(busy, EVERYBODY, name=f"busy {number}")
    first = claim_now()
    assert claims.claim_recount(now=NOW).reason == RecountReason.BACKFILL
    save_segment(small, EVERYBODY, name="small", now=NOW + MINUTE)

    second = claim_now(now=NOW + MINUTE)
    assert second.workspace_id == small.pk
    assert claims.claim_recount(now=NOW + MINUTE) is None

    settings.RECOUNT_WORKERS_PER_WORKSPACE = 2
    assert claim_now(now=NOW + MINUTE).workspace_id == busy.pk
    assert claims.claim_recount(now=NOW + MINUTE) is None
    do(first)
    assert claim_now(now=NOW + MINUTE).workspace_id == busy.pk


def test_what_is_taken_together_is_one_workers():
    busy = make_workspace("Busy")
    segments = [save_segment(busy, EVERYBODY, name=f"busy {number}") for number in range(4)]
    first = claim_now()
    beside = claims.claim_beside(first, now=NOW, most=50)
    assert len(beside) == 3
    assert {claim.holder for claim in beside} == {first.holder}
    ask(segments[0], now=NOW + MINUTE)
    waiting = claims.claim_recount(now=NOW + MINUTE)
    assert waiting is None or waiting.reason == RecountReason.BACKFILL


@pytest.fixture
def slow_segments(monkeypatch):
    """Segments whose name says so take long: the database sleeps while they are evaluated."""
    evaluate = recounting.evaluate_segment

    def sleep_first(*, segment, workspace, as_of):
        if segment.name.startswith("slow"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(%s)", [float(segment.name.split()[1])])
        return evaluate(segment=segment, workspace=workspace, as_of=as_of)

    monkeypatch.setattr(recounting, "evaluate_segment", sleep_first)


class Worker(threading.Thread):
    """Takes and counts what is open, one recount at a time, until there is nothing left."""

    def __init__(self):
        super().__init__()
        self.error = None
        self.start()

    def run(self):
        try:
            while (claim := claims.claim_recount(now=NOW + MINUTE)) is not None:
                do(claim, now=NOW + MINUTE)
        except BaseException as error:  # it must reach the test
            self.error = error
        finally:
            connections.close_all()

    def wait(self):
        self.join(timeout=30)
        assert not self.is_alive()
        assert self.error is None


def test_a_heavy_workspace_does_not_hold_up_another(slow_segments):
    """Two workers; one workspace's segments take a second each, the other's is asked for later."""
    heavy, light = make_workspace("Heavy"), make_workspace("Light")
    make_contact(light)
    for number in range(4):
        save_segment(heavy, EVERYBODY, name=f"slow 1.0 {number}")
    with_trends_left_out(heavy)
    workers = [Worker(), Worker()]
    time.sleep(0.4)
    segment = save_segment(light, EVERYBODY, name="quick")
    with_trends_left_out(light)
    started = time.monotonic()
    workers.append(Worker())  # the bell rings
    while read_segment(segment).state != SegmentState.FRESH:
        assert time.monotonic() - started < 5
        time.sleep(0.02)
    took = time.monotonic() - started
    with workspace_scope(heavy):
        left = Recount.objects.filter(state__in=queueing.OPEN).count()
    for worker in workers:
        worker.wait()
    assert took < 1.0, "it waited for the heavy workspace"
    assert left >= 2


def with_trends_left_out(workspace):
    with workspace_scope(workspace):
        Recount.objects.filter(reason=RecountReason.BACKFILL).update(state="cancelled")


# --- Stopping what runs -------------------------------------------------------------------------


def statements_of_recounts():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
            " AND application_name LIKE 'kohorta recount %%' AND query LIKE '%%pg_sleep%%'"
        )
        return cursor.fetchone()[0]


def wait_for_statement():
    until = time.monotonic() + 10
    while not statements_of_recounts():
        assert time.monotonic() < until, "no recount is running"
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["changed", "cancelled"])
def test_a_running_statement_is_stopped(slow_segments, how):
    workspace = make_workspace()
    segment = save_segment(workspace, EVERYBODY, name="slow 20")
    with_trends_left_out(workspace)
    worker = Worker()
    wait_for_statement()
    bystander = Bystander()

    started = time.monotonic()
    if how == "changed":
        change(segment, where=NOBODY, name="quick", now=NOW + MINUTE)
    else:
        with workspace_scope(workspace):
            assert queueing.cancel_open(segment=segment, now=NOW + MINUTE) == 1
    with_trends_left_out(workspace)
    worker.wait()

    assert time.monotonic() - started < 5
    bystander.join()
    assert bystander.error is None, "statements that are nobody's recount go on"
    [stopped, *others] = counts(segment)
    assert (stopped.state, stopped.attempts) == (RecountState.CANCELLED, 1)
    state = read_segment(segment).state
    if how == "changed":
        assert [each.state for each in others] == [RecountState.DONE]
        assert state == SegmentState.FRESH
        assert [point.version_number for point in snapshots(segment)] == [2]
    else:
        assert (state, snapshots(segment)) == (SegmentState.NEW, [])


class Bystander(threading.Thread):
    """Another connection of ours, busy with something else."""

    def __init__(self):
        super().__init__()
        self.error = None
        self.start()

    def run(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()


def test_a_statement_that_was_stopped_for_no_reason_is_tried_again(slow_segments):
    """Whoever else stops it: only a statement that took too long has failed."""
    workspace = make_workspace()
    segment = save_segment(workspace, EVERYBODY, name="slow 20")
    with_trends_left_out(workspace)
    worker = Worker()
    wait_for_statement()
    with workspace_scope(workspace):
        type(segment).objects.filter(pk=segment.pk).update(name="quick now")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active'"
            " AND application_name LIKE 'kohorta recount %%'"
        )
    worker.wait()
    [recount] = counts(segment)
    assert (recount.state, recount.attempts) == (RecountState.DONE, 2)


def test_the_name_ends_with_the_transaction():
    segment = save_segment(make_workspace(), EVERYBODY)
    do(claim_now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name')")
        assert not cursor.fetchone()[0].startswith("kohorta recount")
    assert read_segment(segment).state == SegmentState.FRESH
