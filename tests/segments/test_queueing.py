"""Recounts are asked for once, claimed in turn, and held by leases."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections

from segments.models import RecountReason, RecountState, Schedule, SegmentState
from segments.services import claims, queueing
from segments.services.saving import EVERY
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
HOUR = timedelta(hours=1)
NOBODY = {"not": EVERYBODY}


def test_a_save_queues_one_count_and_one_backfill():
    segment = save_segment(make_workspace(), EVERYBODY)

    queued = recounts(segment)

    assert Counter(recount.reason for recount in queued) == {"saved": 1, "backfill": 1}
    assert {recount.state for recount in queued} == {RecountState.QUEUED}


def test_a_save_that_changes_only_the_name_counts_nothing():
    segment = save_segment(make_workspace(), EVERYBODY)
    work()

    change(segment, name="Another name", labels=["x"], where=EVERYBODY)

    assert [recount.state for recount in counts(segment)] == [RecountState.DONE]
    assert read_segment(segment).version_number == 1


def test_asking_again_joins_the_count_that_waits():
    segment = save_segment(make_workspace(), EVERYBODY)
    [saved] = counts(segment)

    assert ask(segment).pk == ask(segment, now=NOW + MINUTE).pk == saved.pk
    assert len(counts(segment)) == 1


def test_asking_while_it_is_counted_queues_another():
    """What is being counted has its snapshot already: it can't see what changed since."""
    segment = save_segment(make_workspace(), EVERYBODY)
    claim_now()

    ask(segment, now=NOW + MINUTE)

    assert [recount.state for recount in counts(segment)] == ["running", "queued"]


def test_a_due_segment_whose_count_waits_is_not_queued_twice():
    segment = save_segment(make_workspace(), EVERYBODY, schedule="hour")

    assert queueing.queue_due_segments(now=NOW + HOUR) == 1

    assert len(counts(segment)) == 1
    assert read_segment(segment).next_due_at == NOW + 2 * HOUR


def test_a_newer_definition_cancels_the_counts_of_older_ones():
    segment = save_segment(make_workspace(), EVERYBODY)
    held = claim_now()
    ask(segment, now=NOW + MINUTE)

    change(segment, where=NOBODY, now=NOW + 2 * MINUTE)

    states = [(r.version_number, r.reason, r.state) for r in recounts(segment)]
    assert states == [
        (1, "saved", "cancelled"),
        (1, "backfill", "cancelled"),
        (1, "ad_hoc", "cancelled"),
        (2, "saved", "queued"),
        (2, "backfill", "queued"),
    ]
    do(held, now=NOW + 3 * MINUTE)
    assert snapshots(segment) == [], "a cancelled count is not recorded"


def test_a_cancelled_count_is_not_recorded_when_it_ends():
    segment = save_segment(make_workspace(), EVERYBODY)
    held = claim_now()
    [recount] = counts(segment)
    with workspace_scope(segment.workspace_id):
        assert queueing.cancel_recount(recount=recount, now=NOW)
        assert not queueing.cancel_recount(recount=recount, now=NOW)

    do(held)

    assert [recount.state for recount in counts(segment)] == [RecountState.CANCELLED]
    assert snapshots(segment) == []
    assert read_segment(segment).size is None


def test_cancelling_stops_the_backfill_too():
    segment = save_segment(make_workspace(), EVERYBODY)
    with workspace_scope(segment.workspace_id):
        assert queueing.cancel_open(segment=segment, now=NOW) == 2
    assert claims.claim_recount(now=NOW) is None


# --- Due times --------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", Schedule.values)
def test_every_schedule_sets_its_next_time(schedule):
    segment = save_segment(make_workspace(), EVERYBODY, schedule=schedule)
    every = EVERY[schedule]
    assert segment.next_due_at == (None if every is None else NOW + every)

    other = change(segment, schedule="week", now=NOW + HOUR)
    assert other.next_due_at == (
        NOW + timedelta(days=7) if schedule == "week" else NOW + HOUR + timedelta(days=7)
    )
    assert change(other, schedule="none").next_due_at is None


def test_due_times_advance_without_making_up_for_missed_ones():
    segment = save_segment(make_workspace(), EVERYBODY, schedule="hour")
    work()

    assert queueing.queue_due_segments(now=NOW + 5 * HOUR + MINUTE) == 1
    assert queueing.queue_due_segments(now=NOW + 5 * HOUR + 2 * MINUTE) == 0

    assert read_segment(segment).next_due_at == NOW + 6 * HOUR
    [scheduled] = counts(segment, reason=RecountReason.SCHEDULE)
    assert scheduled.slot == f"due:{NOW + HOUR:%Y-%m-%dT%H:%M:%S.%f}"


def test_before_its_time_on_demand_archived_and_broken_segments_are_not_due():
    workspace = make_workspace()
    save_segment(workspace, EVERYBODY, name="later", schedule="week")
    save_segment(workspace, EVERYBODY, name="on demand", schedule="none")
    away = save_segment(workspace, EVERYBODY, name="archived", schedule="hour")
    broken = save_segment(workspace, EVERYBODY, name="broken", schedule="hour")
    with workspace_scope(workspace):
        type(away).objects.filter(pk=away.pk).update(archived_at=NOW)
        type(away).objects.filter(pk=broken.pk).update(state=SegmentState.BROKEN)

    assert queueing.queue_due_segments(now=NOW + HOUR) == 0


# --- Claims and leases ------------------------------------------------------------------------


def test_a_recount_is_claimed_once():
    save_segment(make_workspace(), EVERYBODY)
    first, second = claim_now(), claim_now()
    assert first.recount_id != second.recount_id
    assert (first.reason, second.reason) == ("saved", "backfill"), "backfills come last"
    assert claims.claim_recount(now=NOW) is None


def test_a_segment_is_counted_by_one_worker_at_a_time():
    segment = save_segment(make_workspace(), EVERYBODY)
    held = claim_now()
    ask(segment, now=NOW + MINUTE)
    assert claim_now().reason == RecountReason.BACKFILL, "a backfill doesn't stand in the way"
    assert claims.claim_recount(now=NOW) is None

    do(held)

    assert claim_now().reason == RecountReason.AD_HOC


def test_what_a_dead_worker_held_is_open_again_and_its_late_result_is_not_recorded():
    workspace = make_workspace()
    make_contact(workspace)
    segment = save_segment(workspace, EVERYBODY)
    dead = claim_now()
    assert claims.reopen_abandoned(now=NOW) == 0, "the lease holds"

    let_lease_run_out(dead)
    assert claims.reopen_abandoned(now=NOW) == 1
    second = claim_now(now=NOW + MINUTE)
    assert (second.recount_id, second.attempt) == (dead.recount_id, 2)
    do(dead, now=NOW + 2 * MINUTE)
    assert snapshots(segment) == [], "it was not dead, only late: it no longer holds the recount"
    do(second, now=NOW + 3 * MINUTE)

    assert [snapshot.size for snapshot in snapshots(segment)] == [1]


def test_a_recount_whose_workers_die_again_and_again_fails_and_says_so():
    segment = save_segment(make_workspace(), EVERYBODY)
    for _attempt in range(claims.MAX_ATTEMPTS):
        let_lease_run_out(claim_now())
        claims.reopen_abandoned(now=NOW)

    [recount] = counts(segment)
    assert (recount.state, recount.attempts) == (RecountState.FAILED, claims.MAX_ATTEMPTS)
    read = read_segment(segment)
    assert read.state == SegmentState.FAILED
    assert read.error == recount.error != ""


def test_showing_progress_extends_the_lease():
    segment = save_segment(make_workspace(), EVERYBODY)
    held = claim_now()
    let_lease_run_out(held)
    with workspace_scope(segment.workspace_id):
        assert claims.extend_lease(held, done=3, total=91)

    assert claims.reopen_abandoned(now=NOW) == 0
    [recount] = counts(segment)
    assert (recount.progress_done, recount.progress_total) == (3, 91)


def test_workspaces_take_turns():
    """One workspace with much to count doesn't keep the others waiting."""
    busy, small = make_workspace("Busy"), make_workspace("Small")
    for number in range(6):
        save_segment(busy, EVERYBODY, name=f"busy {number}", now=NOW + number * MINUTE)
    for number in range(2):
        save_segment(small, EVERYBODY, name=f"small {number}", now=NOW + HOUR)

    order = []
    for turn in range(8):
        claim = claim_now(now=NOW + HOUR + turn * MINUTE)
        order.append("busy" if claim.workspace_id == busy.pk else "small")
        do(claim, now=NOW + HOUR + turn * MINUTE)

    assert order[:4].count("small") == 2, order


def test_several_workers_share_out_the_workspaces():
    busy, small = make_workspace("Busy"), make_workspace("Small")
    for number in range(4):
        save_segment(busy, EVERYBODY, name=f"busy {number}")
    save_segment(small, EVERYBODY, name="small", now=NOW + HOUR)

    held = [claim_now(now=NOW + HOUR) for _worker in range(3)]

    assert small.pk in {claim.workspace_id for claim in held[:2]}


def test_three_schedulers_and_eight_workers_count_every_slot_once():
    workspace = make_workspace()
    make_contact(workspace)
    segments = [
        save_segment(workspace, EVERYBODY, name=f"s{number}", schedule="hour")
        for number in range(12)
    ]
    work()
    barrier = threading.Barrier(11)
    claimed: list[int] = []
    errors: list[BaseException] = []

    def schedule() -> None:
        barrier.wait()
        for minute in range(5):
            queueing.queue_due_segments(now=NOW + HOUR + minute * MINUTE)

    def count() -> None:
        barrier.wait()
        for _turn in range(15):
            claim = claims.claim_recount(now=NOW + HOUR)
            if claim is not None and claim.reason != RecountReason.BACKFILL:
                claimed.append(claim.recount_id)
                do(claim, now=NOW + HOUR)

    def guarded(target) -> None:
        try:
            target()
        except BaseException as error:  # a thread's error must reach the test
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guarded, args=(schedule,)) for _ in range(3)]
    threads += [threading.Thread(target=guarded, args=(count,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    queueing.queue_due_segments(now=NOW + HOUR)
    work(now=NOW + HOUR)

    for segment in segments:
        [scheduled] = counts(segment, reason=RecountReason.SCHEDULE)
        assert scheduled.state == RecountState.DONE
        assert [snapshot.recount_id for snapshot in snapshots(segment)][1:] == [scheduled.pk]
        assert read_segment(segment).next_due_at == NOW + 2 * HOUR
