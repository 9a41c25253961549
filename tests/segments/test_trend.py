"""The trend: day-ends of the current definition, beside what was recorded then.

Tests run with a line of 90 days (91 ends); one asks for the year that is usual.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from segments.engine.sets import ContactSet
from segments.models import RecountReason, RecountState, SegmentState
from segments.services import backfilling, claims, queueing, recounting, trend
from tests.makers.contacts import make_contact, make_contacts
from tests.makers.recounts import (
    EVERYBODY,
    MINUTE,
    ask,
    change,
    claim_now,
    do,
    let_lease_run_out,
    meanwhile,
    read_segment,
    recounts,
    save_segment,
    snapshots,
    work,
)
from tests.makers.transactions import make_transaction
from tests.makers.workspaces import NOW, make_workspace
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
DAY = timedelta(days=1)
BOUGHT_LATELY = {
    "type": "transactions.number_of_orders",
    "operator": "at_least",
    "number": 1,
    "window": {"last": 10, "unit": "days"},
}


def shop(number: int = 6, **settings):
    """Each contact is known for half a year and bought once, each ten days after the other."""
    workspace = make_workspace(**settings)
    for index in range(number):
        contact = make_contact(workspace, observed_at=(NOW - 180 * DAY).isoformat())
        make_transaction(workspace, contact, NOW - (5 + 15 * index) * DAY, "10")
    return workspace


def line(segment):
    return snapshots(segment, recorded=False)


def backfilled(workspace, where, *, now=NOW, **given):
    segment = save_segment(workspace, where, now=now, **given)
    work(now=now, backfills=True)
    return segment


def test_after_the_first_save_there_are_91_day_ends_up_to_today():
    workspace = shop()
    segment = backfilled(workspace, BOUGHT_LATELY)

    points = line(segment)

    warsaw = ZoneInfo("Europe/Warsaw")
    local = [point.as_of.astimezone(warsaw) for point in points]
    assert len(points) == 91
    assert {(at.hour, at.minute) for at in local} == {(0, 0)}
    assert [at.date() for at in local] == [NOW.date() - (90 - i) * DAY for i in range(91)]
    [backfill] = recounts(segment, reason=RecountReason.BACKFILL)
    assert (backfill.state, backfill.progress_done, backfill.progress_total) == ("done", 91, 91)


@pytest.mark.parametrize(
    ("zone", "now", "change_day", "hours"),
    [
        ("Europe/Warsaw", datetime(2026, 4, 10, 12, tzinfo=UTC), "2026-03-29", 23),
        ("Europe/Warsaw", datetime(2026, 11, 10, 12, tzinfo=UTC), "2026-10-25", 25),
        ("America/Sao_Paulo", datetime(2026, 4, 10, 1, tzinfo=UTC), "2026-03-29", 24),
    ],
)
def test_day_ends_are_midnights_of_the_workspace_also_when_clocks_change(
    zone, now, change_day, hours
):
    workspace = make_workspace(time_zone=zone)
    ends = trend.day_ends(workspace=workspace, as_of=now, days=91)
    local = [end.astimezone(ZoneInfo(zone)) for end in ends]
    assert all((at.hour, at.minute) == (0, 0) for at in local)
    assert len({at.date() for at in local}) == 91
    [index] = [i for i, at in enumerate(local) if str(at.date()) == change_day]
    assert ends[index + 1] - ends[index] == timedelta(hours=hours)
    assert ends[-1] <= now < ends[-1] + timedelta(hours=25)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 22, 22, 30, tzinfo=UTC),  # 23:30, and 00:30 ninety days ago
        datetime(2026, 11, 22, 23, 30, tzinfo=UTC),
        datetime(2026, 4, 10, 22, 30, tzinfo=UTC),  # 00:30, and 23:30 ninety days ago
        datetime(2026, 4, 10, 21, 30, tzinfo=UTC),
    ],
)
def test_a_line_has_as_many_days_whatever_the_hour_and_the_clocks(now):
    workspace = make_workspace(time_zone="Europe/Warsaw")
    ends = trend.day_ends(workspace=workspace, as_of=now, days=200)
    for days in (30, 90):
        start = trend.line_start(workspace=workspace, as_of=now, days=days)
        assert sum(end >= start for end in ends) == days + 1


@pytest.mark.parametrize("carried", [False, True], ids=["asked", "carried"])
def test_every_point_is_what_evaluating_that_instant_gives(carried, monkeypatch):
    """Several days are read by one statement, or leaf sets are carried from day to day, where that
    is cheaper; each day must be as if asked alone."""
    if carried:
        monkeypatch.setattr(backfilling, "LONG_DAY_SECONDS", 0.0)
    workspace = shop()
    where = {"any": [BOUGHT_LATELY, {"not": EVERYBODY}]}
    segment = backfilled(workspace, where)
    check_line(workspace, segment)


def check_line(workspace, segment, *, number=91):
    """Each point against an evaluation of its own, and who moved against the sets of both days."""
    points = line(segment)
    assert len(points) == number
    assert len({point.size for point in points}) > 1, "the line isn't flat"
    with workspace_scope(workspace):
        alone = [
            recounting.evaluate_segment(segment=segment, workspace=workspace, as_of=point.as_of)
            for point in points
        ]
    for point, there in zip(points, alone, strict=True):
        assert (point.size, point.universe) == (there.size, len(there.universe))
    for (before, earlier), (point, later) in pairwise(zip(points, alone, strict=True)):
        assert before.size + point.entered - point.left == point.size
        assert point.entered == len(later.members - earlier.members)
        assert point.left == len(earlier.members - later.members)
    assert (points[0].entered, points[0].left) == (0, 0), "before the line nothing is known"
    newest = ContactSet.unpack(workspace.pk, points[-1].members)
    assert newest == alone[-1].members, "tomorrow is compared with it"
    assert {bytes(point.members) for point in points[1:-1]} == {b""}, "numbers are enough"


@pytest.mark.parametrize("killed_at", [1, 3, 5])
def test_a_line_that_was_interrupted_for_days_joins_up(killed_at, monkeypatch):
    """Newer days come first, then the hole that was left; who moved is right at every joint."""
    workspace = shop()
    segment = save_segment(workspace, BOUGHT_LATELY)
    do(claim_now())
    kill_at(killed_at, monkeypatch)
    first = claim_now()
    with pytest.raises(KilledError):
        do(first)
    monkeypatch.undo()
    part = len(line(segment))
    assert part == {1: 0, 3: 3, 5: 15}[killed_at]
    let_lease_run_out(first)
    claims.reopen_abandoned(now=NOW)

    later = NOW + 3 * DAY
    work(now=later, backfills=True)

    check_line(workspace, segment)
    assert line(segment)[-1].as_of > NOW + 2 * DAY


def test_a_year_is_usual(settings):
    settings.TREND_DAYS = 365
    workspace = shop(2)
    segment = backfilled(workspace, BOUGHT_LATELY)
    points = line(segment)
    assert len(points) == 366
    warsaw = ZoneInfo("Europe/Warsaw")
    assert points[0].as_of.astimezone(warsaw).date() == NOW.date() - 365 * DAY
    [backfill] = recounts(segment, reason=RecountReason.BACKFILL)
    assert (backfill.state, backfill.progress_done, backfill.progress_total) == ("done", 366, 366)


def test_the_newest_days_come_first(monkeypatch):
    workspace = shop(2)
    segment = save_segment(workspace, BOUGHT_LATELY)
    do(claim_now())
    kill_at(4, monkeypatch)
    with pytest.raises(KilledError):
        do(claim_now())
    ends = trend.line_days(workspace=workspace, as_of=NOW)
    assert [point.as_of for point in line(segment)] == ends[-7:]


def test_days_outside_the_line_are_forgotten():
    workspace = shop(2)
    segment = backfilled(workspace, BOUGHT_LATELY)
    ask(segment, now=NOW + 5 * DAY)
    work(now=NOW + 5 * DAY, backfills=True)
    points = line(segment)
    assert len(points) == 91
    assert points[0].as_of == trend.line_days(workspace=workspace, as_of=NOW + 5 * DAY)[0]
    for before, point in pairwise(points):
        assert before.size + point.entered - point.left == point.size


def test_pins_are_in_the_line_from_the_day_they_were_set():
    workspace = shop(2)
    segment = save_segment(workspace, {"not": EVERYBODY}, now=NOW)
    with workspace_scope(workspace):
        [pinned, *_others] = recounting.evaluate_segment(
            segment=segment, workspace=workspace, as_of=NOW
        ).universe.ids()
    change(segment, pinned_in=[pinned], now=NOW - 30 * DAY)
    change(segment, pinned_in=[], now=NOW - 10 * DAY)

    work(now=NOW, backfills=True)

    sizes = [point.size for point in line(segment)]
    assert sizes == [0] * 61 + [1] * 20 + [0] * 10


class KilledError(BaseException):
    """What no handler catches: the process is gone."""


def kill_at(call, monkeypatch):
    """The worker dies when the line is evaluated for that time."""
    evaluate, calls = backfilling.members_at, [0]

    def die_later(*args, **options):
        calls[0] += 1
        if calls[0] == call:
            raise KilledError
        return evaluate(*args, **options)

    monkeypatch.setattr(backfilling, "members_at", die_later)


def test_a_killed_backfill_goes_on_where_it_stopped(monkeypatch):
    workspace = shop(2)
    segment = save_segment(workspace, BOUGHT_LATELY)
    do(claim_now())
    first = claim_now()
    kill_at(4, monkeypatch)
    with pytest.raises(KilledError):
        do(first)
    kept = [point.pk for point in line(segment)]
    assert 0 < len(kept) < 91
    monkeypatch.undo()
    let_lease_run_out(first)
    assert claims.reopen_abandoned(now=NOW) == 1
    work(now=NOW + MINUTE, backfills=True)

    points = line(segment)
    assert len(points) == 91
    assert [point.pk for point in points][-len(kept) :] == kept, "nothing is counted again"


def test_each_count_of_a_later_day_asks_for_the_days_that_ended_since():
    workspace = shop(2)
    segment = backfilled(workspace, BOUGHT_LATELY, schedule="hour")
    ask(segment, now=NOW + MINUTE)
    work(now=NOW + MINUTE, backfills=True)
    assert len(line(segment)) == 91, "the same day has its point already"

    ask(segment, now=NOW + 3 * DAY)
    work(now=NOW + 3 * DAY, backfills=True)
    points = line(segment)
    assert len(points) == 91
    assert points[-1].as_of - points[-4].as_of == 3 * DAY
    assert {backfill.progress_total for backfill in recounts(segment, reason="backfill")} == {91}


def test_a_new_definition_draws_the_line_anew_and_leaves_what_was_recorded():
    workspace = shop()
    segment = backfilled(workspace, BOUGHT_LATELY)
    [recorded] = snapshots(segment)

    changed = change(segment, where=EVERYBODY, now=NOW + MINUTE)
    with workspace_scope(workspace):
        shown = trend.trend_of(segment=changed, first=None, last=None, recorded=False)
        assert list(shown) == [], "the old definition's line isn't shown for the new one"
    work(now=NOW + MINUTE, backfills=True)

    points = line(segment)
    assert len(points) == 91
    assert {point.version_number for point in points} == {2}
    assert {point.size for point in points} == {6}
    kept, new = snapshots(segment)
    assert (kept.pk, kept.version_number, kept.size) == (recorded.pk, 1, recorded.size)
    assert (new.version_number, new.entered - new.left) == (2, new.size - kept.size)


def test_recorded_and_recomputed_points_are_told_apart():
    workspace = shop(2)
    segment = backfilled(workspace, BOUGHT_LATELY)
    with workspace_scope(workspace):
        read = read_segment(segment)
        both, recorded, recomputed = (
            trend.trend_of(segment=read, first=None, last=None, recorded=which)
            for which in (None, True, False)
        )
        lately = trend.trend_of(segment=read, first=NOW - 7 * DAY, last=NOW, recorded=False)
    assert (len(both), len(recorded), len(recomputed), len(lately)) == (92, 1, 91, 7)
    assert all(point.is_recorded for point in recorded)
    assert not any(point.is_recorded for point in recomputed)


def test_a_cancelled_backfill_stops_and_leaves_the_segment_alone(monkeypatch):
    workspace = shop(2)
    segment = save_segment(workspace, BOUGHT_LATELY)
    do(claim_now())
    held = claim_now()
    evaluate = backfilling.members_at

    def cancel() -> None:
        with workspace_scope(workspace):
            assert queueing.cancel_open(segment=segment, now=NOW) == 1

    def cancel_meanwhile(*args, **options):
        [backfill] = recounts(segment, reason=RecountReason.BACKFILL)
        if backfill.progress_done >= 3:
            meanwhile(cancel)
        return evaluate(*args, **options)

    monkeypatch.setattr(backfilling, "members_at", cancel_meanwhile)
    do(held)

    assert len(line(segment)) == 3
    [backfill] = recounts(segment, reason=RecountReason.BACKFILL)
    assert backfill.state == RecountState.CANCELLED
    assert read_segment(segment).state == SegmentState.FRESH


def test_a_failing_backfill_says_so_and_does_not_fail_the_segment(monkeypatch):
    workspace = shop(1)
    segment = save_segment(workspace, BOUGHT_LATELY)

    def explode(*args, **options):
        raise RuntimeError("a defect")

    monkeypatch.setattr(backfilling, "members_at", explode)
    work(now=NOW, backfills=True)

    [backfill] = recounts(segment, reason=RecountReason.BACKFILL)
    assert backfill.state == RecountState.FAILED
    assert backfill.error
    assert read_segment(segment).state == SegmentState.FRESH


def test_a_contact_is_in_the_line_only_since_it_is_known():
    workspace = make_workspace()
    make_contact(workspace, observed_at=(NOW - 40 * DAY).isoformat())
    make_contacts(workspace, 1)
    segment = backfilled(workspace, EVERYBODY)
    sizes = [point.size for point in line(segment)]
    assert sizes == [0] * 51 + [1] * 40
