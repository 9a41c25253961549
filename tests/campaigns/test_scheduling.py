"""When campaigns go out: slots, clocks that change, zones, quiet hours, stopping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from campaigns.audience import AudienceRefusedError
from campaigns.models import CampaignState, RunKind, RunState, SendingSettings
from campaigns.readiness import NotReadyError
from campaigns.services import freezing, scheduling
from campaigns.services.starting import (
    AlreadyRunningError,
    confirm_run,
    schedule_campaign,
    start_now,
    stop_campaign,
)
from tests.makers.audiences import (
    campaign_to,
    freeze,
    make_reader,
    make_run,
    make_sending_shop,
    outcome_of,
    read_campaign,
    read_run,
    runs_of,
    sent_to,
)
from tests.makers.campaigns import make_campaign
from tests.makers.contacts import make_contact
from tests.makers.recounts import EVERYBODY, system
from tests.makers.segments import make_segment
from tests.makers.workspaces import NOW, make_actor
from workspaces.models import Role
from workspaces.tenancy import workspace_scope

pytestmark = pytest.mark.usefixtures("transactional_db")
WARSAW = ZoneInfo("Europe/Warsaw")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DAILY = {"kind": "recurring", "every": "day", "date": "2026-03-16", "time": "09:30"}


def warsaw(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def start(campaign, key: str = "click", *, now=NOW, **given):
    with workspace_scope(campaign.workspace_id):
        return start_now(
            actor=system(campaign.workspace), campaign=campaign, key=key, now=now, **given
        )


def schedule(campaign, *, now=NOW):
    with workspace_scope(campaign.workspace_id):
        return schedule_campaign(actor=system(campaign.workspace), campaign=campaign, now=now)


def stop(campaign, *, now=NOW):
    with workspace_scope(campaign.workspace_id):
        return stop_campaign(actor=system(campaign.workspace), campaign=campaign, now=now)


def queue(now: datetime) -> int:
    return scheduling.queue_due_campaigns(now=now)


# --- Starting -------------------------------------------------------------------------------------


def test_the_same_click_is_the_same_run_and_another_one_is_refused_while_it_is_open():
    workspace, readers = make_sending_shop(1)
    campaign = campaign_to(workspace, *readers)
    run = start(campaign)
    assert (run.kind, run.state, run.scheduled_for) == (RunKind.REGULAR, RunState.SCHEDULED, NOW)
    assert campaign.state == CampaignState.SCHEDULED
    assert start(campaign).pk == run.pk
    with pytest.raises(AlreadyRunningError) as refused:
        start(campaign, "another")
    assert refused.value.run.pk == run.pk
    run = freeze(run, NOW + MINUTE)
    assert start(campaign).pk == run.pk
    with workspace_scope(workspace):
        run.state = RunState.FINISHED
        run.save(update_fields=["state"])
    assert start(campaign, "another").pk != run.pk


def test_only_who_may_send_starts_and_only_what_is_ready():
    workspace, readers = make_sending_shop(1)
    campaign = campaign_to(workspace, *readers)
    viewer = make_actor(workspace, Role.VIEWER)
    with workspace_scope(workspace), pytest.raises(PermissionDenied):
        start_now(actor=viewer, campaign=campaign, key="a", now=NOW)
    with pytest.raises(ValidationError):
        start(campaign, "")
    with pytest.raises(ValidationError):
        start(make_campaign(workspace, audience={}))
    with pytest.raises(NotReadyError):
        start(campaign_to(workspace, *readers, from_email=""))
    with pytest.raises(ValidationError):
        start(campaign_to(workspace, *readers, archived_at=NOW))
    with workspace_scope(workspace):
        SendingSettings.objects.update(postal_address="")
    with pytest.raises(NotReadyError):
        start(campaign)
    assert not runs_of(campaign)


def test_what_was_confirmed_on_review_is_not_asked_again():
    workspace, [reader] = make_sending_shop(1)
    never = {
        "type": "visits.visited",
        "operator": "exactly",
        "number": 0,
        "window": {"last": 30, "unit": "days"},
    }
    campaign = make_campaign(workspace, audience={"segments": [make_segment(workspace, never).pk]})
    run = start(campaign, confirmed=["coverage"], now=NOW + MINUTE)
    assert sent_to(freeze(run, NOW + 2 * MINUTE)) == {reader.pk}
    gone = make_campaign(workspace, audience={"segments": [987_654]})
    with pytest.raises(AudienceRefusedError):
        start(gone, confirmed=["coverage"])


def test_a_click_in_quiet_hours_waits_for_their_end():
    workspace, readers = make_sending_shop(1, quiet_from="12:00", quiet_to="15:00")
    run = start(campaign_to(workspace, *readers))
    assert run.scheduled_for == warsaw("2026-03-15T15:00")
    loud = {"kind": "now", "quiet_hours": False}
    assert start(campaign_to(workspace, *readers, schedule=loud)).scheduled_for == NOW


# --- Schedules ------------------------------------------------------------------------------------


def test_a_recurring_campaign_makes_a_run_a_slot_and_no_more():
    workspace, readers = make_sending_shop(2)
    campaign = campaign_to(workspace, *readers, schedule=DAILY)
    assert schedule(campaign).next_due_at == warsaw("2026-03-16T09:30")
    assert queue(warsaw("2026-03-16T09:29")) == 0
    assert queue(warsaw("2026-03-16T09:31")) == 1
    assert queue(warsaw("2026-03-16T09:31")) == 0
    [run] = runs_of(campaign)
    assert run.run_key == "slot:2026-03-16T09:30"
    assert read_campaign(campaign).next_due_at == warsaw("2026-03-17T09:30")
    freezing.freeze_open_runs(clock=lambda: warsaw("2026-03-16T09:32"))
    assert len(sent_to(run)) == 2
    assert read_campaign(campaign).state == CampaignState.SCHEDULED


def test_a_scheduler_that_was_away_sends_once_and_goes_on_from_there():
    workspace, readers = make_sending_shop(1)
    campaign = campaign_to(workspace, *readers, schedule=DAILY)
    schedule(campaign)
    away = warsaw("2026-03-20T07:00")
    assert queue(away) == 1
    [run] = runs_of(campaign)
    assert (run.run_key, run.scheduled_for) == ("slot:2026-03-16T09:30", away)
    assert read_campaign(campaign).next_due_at == warsaw("2026-03-20T09:30")


def test_a_campaign_at_a_time_is_done_after_it():
    workspace, readers = make_sending_shop(1)
    at = {"kind": "at", "date": "2026-03-16", "time": "09:30"}
    campaign = campaign_to(workspace, *readers, schedule=at)
    schedule(campaign)
    queue(warsaw("2026-03-16T09:30"))
    assert read_campaign(campaign).next_due_at is None
    freezing.freeze_open_runs(clock=lambda: warsaw("2026-03-16T09:31"))
    assert read_campaign(campaign).state == CampaignState.DONE
    with pytest.raises(ValidationError):
        schedule(campaign, now=warsaw("2026-03-16T09:30"))
    with pytest.raises(ValidationError):
        schedule(campaign_to(workspace, *readers, schedule={"kind": "now"}))


def test_a_stopped_campaign_sends_nothing_and_can_be_scheduled_again():
    workspace, readers = make_sending_shop(1)
    campaign = campaign_to(workspace, *readers, schedule=DAILY)
    schedule(campaign)
    queue(warsaw("2026-03-16T09:30"))
    stop(campaign, now=warsaw("2026-03-16T09:30"))
    [run] = runs_of(campaign)
    assert (run.state, campaign.state, campaign.next_due_at) == (
        RunState.CANCELLED,
        CampaignState.STOPPED,
        None,
    )
    assert freezing.freeze_open_runs(clock=lambda: warsaw("2026-03-16T10:00")) == 0
    assert queue(warsaw("2026-03-18T09:30")) == 0
    schedule(campaign, now=warsaw("2026-03-16T09:29"))
    assert queue(warsaw("2026-03-16T09:30")) == 1
    assert len(runs_of(campaign)) == 2


def test_a_schedule_that_cannot_be_read_stops_its_campaign_and_no_other():
    workspace, readers = make_sending_shop(1)
    due = {"state": CampaignState.SCHEDULED, "next_due_at": NOW}
    broken = campaign_to(workspace, *readers, schedule={"kind": "recurring"}, **due)
    good = campaign_to(workspace, *readers, schedule=DAILY, **due)
    assert queue(NOW) == 1
    assert len(runs_of(good)) == 1
    assert read_campaign(broken).state == CampaignState.STOPPED


# --- Zones ----------------------------------------------------------------------------------------


def zoned_shop():
    """A campaign at 09:30 of each contact's own clock, with contacts in four places."""
    workspace, _none = make_sending_shop()
    places = {"tokyo": "Asia/Tokyo", "york": "America/New_York", "here": "Europe/Warsaw"}
    readers = {
        name: make_reader(workspace, attributes={"time_zone": zone})
        for name, zone in places.items()
    }
    readers["nowhere"] = make_reader(workspace)
    make_contact(workspace, "elsewhere", attributes={"time_zone": "Asia/Kolkata"})
    at = {"kind": "at", "date": "2026-03-17", "time": "09:30", "zone": "contact"}
    campaign = campaign_to(workspace, *readers.values(), schedule=at)
    return campaign, readers


def test_each_zone_of_the_audience_has_a_run_and_a_freeze_of_its_own():
    campaign, readers = zoned_shop()
    schedule(campaign)
    assert campaign.next_due_at == warsaw("2026-03-17T09:30")
    assert queue(datetime(2026, 3, 16, 19, 0, tzinfo=UTC)) == 0, "it is nowhere that day yet"
    assert queue(datetime(2026, 3, 16, 19, 30, tzinfo=UTC)) == 1
    runs = {run.zone: run for run in runs_of(campaign)}
    assert {zone: run.scheduled_for for zone, run in runs.items()} == {
        "Asia/Tokyo": datetime(2026, 3, 17, 0, 30, tzinfo=UTC),
        "Europe/Warsaw": datetime(2026, 3, 17, 8, 30, tzinfo=UTC),
        "America/New_York": datetime(2026, 3, 17, 13, 30, tzinfo=UTC),
    }
    freezing.freeze_open_runs(clock=lambda: datetime(2026, 3, 17, 0, 31, tzinfo=UTC))
    assert sent_to(runs["Asia/Tokyo"]) == {readers["tokyo"].pk}
    assert read_run(runs["Europe/Warsaw"]).state == RunState.SCHEDULED
    freezing.freeze_open_runs(clock=lambda: datetime(2026, 3, 17, 13, 31, tzinfo=UTC))
    assert sent_to(runs["Europe/Warsaw"]) == {readers["here"].pk, readers["nowhere"].pk}
    assert sent_to(runs["America/New_York"]) == {readers["york"].pk}
    assert read_campaign(campaign).state == CampaignState.DONE


def test_zones_whose_time_has_passed_go_at_once():
    campaign, _readers = zoned_shop()
    now = datetime(2026, 3, 17, 10, 0, tzinfo=UTC)
    schedule(campaign, now=now)
    queue(now)
    at = {run.zone: run.scheduled_for for run in runs_of(campaign)}
    assert at == {
        "Asia/Tokyo": now,
        "Europe/Warsaw": now,
        "America/New_York": datetime(2026, 3, 17, 13, 30, tzinfo=UTC),
    }


def test_who_moves_between_zones_gets_one_message_and_so_do_twins():
    workspace, _none = make_sending_shop()
    first = make_reader(workspace, attributes={"time_zone": "Asia/Tokyo"})
    there = {"time_zone": "America/New_York"}
    twin = make_reader(workspace, first.email, attributes=there)
    at = {"kind": "at", "date": "2026-03-17", "time": "09:30", "zone": "contact"}
    campaign = campaign_to(workspace, first, twin, schedule=at)
    schedule(campaign)
    queue(datetime(2026, 3, 16, 19, 30, tzinfo=UTC))
    freezing.freeze_open_runs(clock=lambda: datetime(2026, 3, 17, 0, 31, tzinfo=UTC))
    later = datetime(2026, 3, 17, 1, 0, tzinfo=UTC)
    make_contact(workspace, first.external_id, attributes=there, now=later)
    freezing.freeze_open_runs(clock=lambda: datetime(2026, 3, 17, 13, 31, tzinfo=UTC))
    runs = {run.zone: run for run in runs_of(campaign)}
    assert sent_to(runs["Asia/Tokyo"]) == {first.pk}
    assert outcome_of(runs["America/New_York"]) == {twin.pk: "duplicate"}


def test_an_audience_that_is_refused_makes_one_run_that_says_so():
    campaign, _readers = zoned_shop()
    with workspace_scope(campaign.workspace_id):
        campaign.audience = {"segments": [987_654]}
        campaign.save(update_fields=["audience"])
    schedule(campaign)
    queue(datetime(2026, 3, 16, 19, 30, tzinfo=UTC))
    [run] = runs_of(campaign)
    assert freeze(run, run.scheduled_for).state == RunState.FAILED


def test_confirming_one_zone_confirms_the_others():
    workspace, _none = make_sending_shop()
    readers = [
        make_reader(workspace, attributes={"time_zone": zone})
        for zone in ("Asia/Tokyo", "Asia/Seoul")
    ]
    campaign = campaign_to(workspace, *readers)
    reasons = [{"code": "coverage", "message": "Look", "segment": 1, "path": "$", "text": "Look"}]
    held = [
        make_run(
            campaign,
            NOW,
            run_key=f"slot:2026-03-15T09:30@{zone}",
            state=RunState.HELD,
            held_reasons=reasons,
        )
        for zone in ("Asia/Tokyo", "Asia/Seoul")
    ]
    with workspace_scope(workspace):
        with pytest.raises(ValidationError):
            confirm_run(actor=system(workspace), run=held[0], codes=["jump"], now=NOW)
        confirm_run(actor=system(workspace), run=held[0], codes=["coverage"], now=NOW)
    assert [read_run(run).state for run in held] == [RunState.SCHEDULED] * 2
    assert len(sent_to(freeze(held[1], NOW + MINUTE))) == 1


def test_a_segment_of_everybody_is_sent_by_zone_whole():
    workspace, _none = make_sending_shop()
    zones = ["Asia/Tokyo", "Europe/Warsaw", "America/Lima", "", ""]
    for zone in zones:
        make_reader(workspace, attributes={"time_zone": zone} if zone else {})
    segment = make_segment(workspace, EVERYBODY)
    campaign = make_campaign(
        workspace,
        audience={"segments": [segment.pk]},
        schedule={**DAILY, "date": "2026-03-17", "zone": "contact"},
    )
    schedule(campaign)
    queue(warsaw("2026-03-17T20:00"))
    freezing.freeze_open_runs(clock=lambda: warsaw("2026-03-17T20:00"))
    runs = runs_of(campaign)
    assert sorted(len(sent_to(run)) for run in runs) == [1, 1, 3]
    assert len(set().union(*(sent_to(run) for run in runs))) == 5
