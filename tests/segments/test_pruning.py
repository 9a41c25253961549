"""What is kept of a segment's history, and how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segments.models import Recount, RecountReason, RecountState, Snapshot
from segments.reading import latest_snapshot
from segments.services.pruning import prune_history
from segments.tasks import prune_history as prune_task
from tests.makers.contacts import make_contact
from tests.makers.recounts import EVERYBODY, ask, recounts, save_segment, snapshots, work
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def counted(*ages, reason=RecountReason.SCHEDULE, name="Everybody"):
    """A segment with a count so long ago each, beside the one just made."""
    workspace = make_workspace(now=NOW - 900 * DAY)
    make_contact(workspace)
    segment = save_segment(workspace, EVERYBODY, name=name)
    work()
    with workspace_scope(workspace):
        newest = Snapshot.objects.get()
        for age in ages:
            Snapshot.objects.create(
                workspace=workspace,
                segment=segment,
                as_of=NOW - age,
                version_number=1,
                is_recorded=True,
                reason=reason,
                size=1,
                members=newest.members,
            )
    return workspace, segment


def prune(workspace, *, now=NOW):
    with workspace_scope(workspace):
        return prune_history(workspace=workspace, now=now)


def ages_of(segment, *, with_members=False):
    kept = snapshots(segment)
    return [NOW - each.as_of for each in reversed(kept) if not with_members or bytes(each.members)]


def test_numbers_stay_as_long_as_a_line_and_members_less_long():
    ages = (HOUR, 47 * HOUR, 5 * DAY, 5 * DAY + 2 * HOUR, 29 * DAY, 31 * DAY, 120 * DAY, 130 * DAY)
    workspace, segment = counted(*ages)

    prune(workspace)

    assert ages_of(segment) == [timedelta(0), *ages[:-1]]
    assert ages_of(segment, with_members=True) == [
        timedelta(0),
        HOUR,
        47 * HOUR,
        5 * DAY,  # the last of its day
        29 * DAY,
    ]
    assert prune(workspace) == 0, "once is enough"


def test_the_length_of_the_line_is_a_setting(settings):
    workspace, segment = counted(120 * DAY, 300 * DAY)
    settings.TREND_DAYS = 365
    prune(workspace)
    assert ages_of(segment) == [timedelta(0), 120 * DAY, 300 * DAY]


def test_counts_before_a_send_stay_whole():
    workspace, segment = counted(40 * DAY, 800 * DAY, reason=RecountReason.SEND)
    prune(workspace)
    assert ages_of(segment, with_members=True) == [timedelta(0), 40 * DAY, 800 * DAY]


def test_the_newest_count_stays_whole_however_old():
    workspace, segment = counted()
    prune(workspace, now=NOW + 1000 * DAY)
    with workspace_scope(workspace):
        newest = latest_snapshot(segment)
    assert newest is not None
    assert bytes(newest.members)


def test_finished_recounts_are_forgotten_and_points_stay():
    workspace, segment = counted()
    work(backfills=True)
    ask(segment, now=NOW + 25 * DAY)
    work(now=NOW + 25 * DAY, backfills=True)
    assert len(recounts(segment, state=RecountState.DONE)) >= 2

    prune(workspace, now=NOW + 40 * DAY)

    done = recounts(segment, finished_at__isnull=False)
    assert {each.requested_at for each in done} == {NOW + 25 * DAY}
    assert len(snapshots(segment)) == 2
    with workspace_scope(workspace):
        assert Snapshot.objects.filter(recount__isnull=True).exists()


def test_what_is_open_is_not_forgotten():
    workspace, segment = counted()
    ask(segment)
    prune(workspace, now=NOW + 400 * DAY)
    assert RecountState.QUEUED in {each.state for each in recounts(segment)}
    assert RecountState.DONE not in {each.state for each in recounts(segment)}


def test_the_task_looks_at_every_workspace():
    _one, first = counted(800 * DAY)
    _other, second = counted(800 * DAY, name="Other")
    prune_task()
    assert [len(snapshots(each)) for each in (first, second)] == [1, 1]
    with workspace_scope(first.workspace_id):
        assert not Recount.objects.filter(finished_at__lt=NOW - 400 * DAY).exists()
