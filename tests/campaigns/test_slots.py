"""Days and times of a schedule, clocks that change, and quiet hours."""

from __future__ import annotations

import datetime as dates
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.documents import Schedule, read_part
from campaigns.models import SendingSettings
from campaigns.slots import after_quiet_hours, instant_of, next_slot, slots
from tests.makers.workspaces import NOW

WARSAW = ZoneInfo("Europe/Warsaw")


def read(**given) -> Schedule:
    return read_part(Schedule, given, path="$.schedule")


def first(schedule: Schedule, number: int, since: str = "2026-01-01") -> list[str]:
    found = slots(schedule, dates.date.fromisoformat(since))
    return [f"{slot:%m-%d %H:%M}" for slot, _ in zip(found, range(number), strict=False)]


def warsaw(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def test_days_weeks_and_months_have_their_slots():
    daily = read(kind="recurring", every="day", date="2026-02-27", time="09:30", until="2026-03-01")
    assert first(daily, 9) == ["02-27 09:30", "02-28 09:30", "03-01 09:30"]
    weekly = read(kind="recurring", every="week", date="2026-03-03", time="08:00", weekdays=[1, 5])
    assert first(weekly, 3) == ["03-06 08:00", "03-09 08:00", "03-13 08:00"]
    assert first(read(kind="at", date="2026-03-03", time="08:00"), 2) == ["03-03 08:00"]
    assert first(read(kind="now"), 2) == []


def test_a_month_that_is_too_short_sends_on_its_last_day():
    monthly = read(kind="recurring", every="month", date="2026-01-01", time="10:00", month_day=31)
    assert first(monthly, 4) == ["01-31 10:00", "02-28 10:00", "03-31 10:00", "04-30 10:00"]


def test_changes_of_the_clock_neither_skip_nor_repeat_a_send():
    # On 29 March 02:30 doesn't exist in Warsaw; on 25 October 02:30 comes twice.
    daily = read(kind="recurring", every="day", date="2026-03-01", time="02:30")
    at = warsaw("2026-03-27T12:00")
    spring = []
    for _ in range(4):
        slot = next_slot(daily, WARSAW, at)
        at = instant_of(slot, WARSAW)
        spring.append(f"{at:%d %H:%M}")
    assert spring == ["28 01:30", "29 01:30", "30 00:30", "31 00:30"]
    at, autumn = warsaw("2026-10-23T12:00"), []
    for _ in range(4):
        slot = next_slot(daily, WARSAW, at)
        at = instant_of(slot, WARSAW)
        autumn.append(f"{at:%d %H:%M}")
    assert autumn == ["24 00:30", "25 00:30", "26 01:30", "27 01:30"]


def test_quiet_hours_end_where_they_say_also_over_midnight():
    night = SendingSettings(quiet_from=dates.time(21), quiet_to=dates.time(8))
    noon = SendingSettings(quiet_from=dates.time(12), quiet_to=dates.time(13, 30))
    assert after_quiet_hours(warsaw("2026-03-10T22:15"), WARSAW, night) == warsaw(
        "2026-03-11T08:00"
    )
    assert after_quiet_hours(warsaw("2026-03-11T07:59"), WARSAW, night) == warsaw(
        "2026-03-11T08:00"
    )
    assert after_quiet_hours(warsaw("2026-03-11T08:00"), WARSAW, night) == warsaw(
        "2026-03-11T08:00"
    )
    assert after_quiet_hours(warsaw("2026-03-11T12:15"), WARSAW, noon) == warsaw("2026-03-11T13:30")
    assert after_quiet_hours(warsaw("2026-03-28T23:00"), WARSAW, night) == warsaw(
        "2026-03-29T08:00"
    )
    assert after_quiet_hours(NOW, WARSAW, SendingSettings()) == NOW
