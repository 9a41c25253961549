"""Windows of time (semantics 3 to 5): which instants and local days each kind covers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from segments.criteria.windows import Clock, DateWindow, Window, say_window

WARSAW = "Europe/Warsaw"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
NOON = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)  # a Sunday


def clock(as_of: datetime = NOON, zone: str = WARSAW, week_start: int = 1) -> Clock:
    return Clock(as_of, ZoneInfo(zone), week_start)


def window(document: Any) -> Any:
    return TypeAdapter(DateWindow).validate_python(document)


def bounds(document: Any, at: Clock) -> tuple[datetime | None, datetime | None]:
    found = window(document).bounds(at)
    return found.start, found.end


def days(document: Any, at: Clock) -> tuple[date | None, date | None]:
    """The first and the last local day."""
    found = window(document).date_bounds(at)
    last = found.end - timedelta(days=1) if found.end else None
    return found.start, last


def hours_in(document: Any, at: Clock) -> float:
    start, end = bounds(document, at)
    assert start is not None
    assert end is not None
    return (end - start).total_seconds() / 3600


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


# --- Rolling -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "start"),
    [
        ({"last": 6, "unit": "hours"}, utc(2026, 3, 15, 6)),
        ({"last": 7, "unit": "days"}, utc(2026, 3, 8, 12)),
        ({"last": 2, "unit": "weeks"}, utc(2026, 3, 1, 12)),
        ({"last": 1, "unit": "months"}, utc(2026, 2, 15, 12)),
        ({"last": 1, "unit": "years"}, utc(2025, 3, 15, 12)),
    ],
)
def test_rolling_windows_end_at_the_instant(document: Any, start: datetime) -> None:
    assert bounds(document, clock()) == (start, NOON)


def test_a_rolling_day_has_24_hours_when_the_clocks_change_and_a_calendar_day_has_not() -> None:
    after_spring = clock(utc(2026, 3, 29, 20))  # Warsaw lost an hour that night
    assert hours_in({"last": 1, "unit": "days"}, after_spring) == 24
    assert hours_in({"calendar": "today"}, after_spring) == 23
    after_autumn = clock(utc(2026, 10, 25, 20))
    assert hours_in({"last": 1, "unit": "days"}, after_autumn) == 24
    assert hours_in({"calendar": "today"}, after_autumn) == 25


def test_the_days_of_other_zones_have_their_own_lengths() -> None:
    assert hours_in({"calendar": "today"}, clock(utc(2026, 3, 8, 20), NEW_YORK)) == 23
    assert hours_in({"calendar": "today"}, clock(utc(2026, 11, 1, 20), NEW_YORK)) == 25
    # Lord Howe moves its clocks by half an hour.
    assert hours_in({"calendar": "today"}, clock(utc(2026, 4, 5, 2), LORD_HOWE)) == 24.5
    assert hours_in({"calendar": "today"}, clock(utc(2026, 10, 4, 2), LORD_HOWE)) == 23.5


def test_calendar_arithmetic_of_months_keeps_the_local_time_across_a_clock_change() -> None:
    # 12:00 UTC is 14:00 in Warsaw in April and 13:00 in March: 14:00 in March is 13:00 UTC.
    assert bounds({"last": 1, "unit": "months"}, clock(utc(2026, 4, 15, 12)))[0] == utc(
        2026, 3, 15, 13
    )


@pytest.mark.parametrize(
    ("day", "months", "start"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 5, 31), 1, date(2026, 4, 30)),
        (date(2026, 1, 31), 2, date(2025, 11, 30)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
    ],
)
def test_months_are_clamped_to_their_end(day: date, months: int, start: date) -> None:
    at = clock(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "UTC")
    found = bounds({"last": months, "unit": "months"}, at)[0]
    assert found is not None
    assert found.date() == start


def test_older_than_and_between_lie_before_the_instant() -> None:
    assert bounds({"older_than": 30, "unit": "days"}, clock()) == (None, utc(2026, 2, 13, 12))
    assert bounds({"between": [7, 14], "unit": "days"}, clock()) == (
        utc(2026, 3, 1, 12),
        utc(2026, 3, 8, 12),
    )
    assert bounds({"between": [0, 2], "unit": "hours"}, clock()) == (utc(2026, 3, 15, 10), NOON)


# --- Calendar ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", date(2026, 3, 15), date(2026, 3, 15)),
        ("yesterday", date(2026, 3, 14), date(2026, 3, 14)),
        ("this_week", date(2026, 3, 9), date(2026, 3, 15)),
        ("previous_week", date(2026, 3, 2), date(2026, 3, 8)),
        ("this_month", date(2026, 3, 1), date(2026, 3, 31)),
        ("previous_month", date(2026, 2, 1), date(2026, 2, 28)),
        ("this_quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("previous_quarter", date(2025, 10, 1), date(2025, 12, 31)),
        ("this_year", date(2026, 1, 1), date(2026, 12, 31)),
        ("previous_year", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_calendar_periods_are_whole(period: str, first: date, last: date) -> None:
    assert days({"calendar": period}, clock()) == (first, last)


@pytest.mark.parametrize(
    ("week_start", "first"), [(1, date(2026, 3, 9)), (6, date(2026, 3, 14)), (7, date(2026, 3, 15))]
)
def test_weeks_start_where_the_workspace_says(week_start: int, first: date) -> None:
    assert days({"calendar": "this_week"}, clock(week_start=week_start))[0] == first


def test_the_calendar_is_local() -> None:
    late = utc(2026, 3, 15, 23, 30)  # already the 16th in Warsaw, still the 15th in New York
    assert days({"calendar": "today"}, clock(late))[0] == date(2026, 3, 16)
    assert days({"calendar": "today"}, clock(late, NEW_YORK))[0] == date(2026, 3, 15)
    assert bounds({"calendar": "today"}, clock(late))[0] == utc(2026, 3, 15, 23)


def test_whole_days_leave_today_out() -> None:
    assert days({"last_whole_days": 7}, clock()) == (date(2026, 3, 8), date(2026, 3, 14))
    assert bounds({"last_whole_days": 1}, clock()) == (utc(2026, 3, 13, 23), utc(2026, 3, 14, 23))


def test_dates_include_the_last_day() -> None:
    document = {"from": "2026-06-01", "to": "2026-06-30"}
    assert bounds(document, clock()) == (utc(2026, 5, 31, 22), utc(2026, 6, 30, 22))
    assert bounds({"from": "2026-06-01"}, clock(zone="UTC")) == (utc(2026, 6, 1), None)
    assert bounds({"to": "2026-06-30"}, clock(zone="UTC")) == (None, utc(2026, 7, 1))


# --- Days without a time -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "first", "last"),
    [
        ({"last": 7, "unit": "days"}, date(2026, 3, 9), date(2026, 3, 15)),
        ({"next": 7, "unit": "days"}, date(2026, 3, 15), date(2026, 3, 21)),
        ({"last": 1, "unit": "months"}, date(2026, 2, 16), date(2026, 3, 15)),
        ({"next": 1, "unit": "weeks"}, date(2026, 3, 15), date(2026, 3, 21)),
        ({"older_than": 7, "unit": "days"}, None, date(2026, 3, 7)),
        ({"between": [1, 3], "unit": "days"}, date(2026, 3, 12), date(2026, 3, 14)),
    ],
)
def test_dates_compare_by_whole_days_with_today_inside(
    document: Any, first: date | None, last: date
) -> None:
    assert days(document, clock()) == (first, last)


def test_the_last_week_and_a_week_ago_are_different_and_say_so() -> None:
    last_week = window({"last": 7, "unit": "days"})
    calendar_week = window({"calendar": "previous_week"})
    a_week_ago = window({"between": [7, 8], "unit": "days"})
    found = {
        tuple(vars(each.bounds(clock())).values())
        for each in (last_week, calendar_week, a_week_ago)
    }
    said = {say_window(last_week), say_window(calendar_week), say_window(a_week_ago)}
    assert len(found) == 3
    assert len(said) == 3


# --- The grammar ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"last": 7},
        {"last": 0, "unit": "days"},
        {"last": -1, "unit": "days"},
        {"last": 7.5, "unit": "days"},
        {"last": "7", "unit": "days"},
        {"last": True, "unit": "days"},
        {"last": 10_001, "unit": "days"},
        {"last": 7, "unit": "fortnights"},
        {"last": 7, "unit": "days", "more": 1},
        {"calendar": "next_week"},
        {"from": None, "to": None},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"between": [3, 3], "unit": "days"},
        {"between": [5, 3], "unit": "days"},
        {"last": 7, "unit": "days", "zone": "Europe/Warsaw"},
        "always",
        7,
        None,
        [],
    ],
)
def test_what_is_no_window_is_refused(document: Any) -> None:
    with pytest.raises(ValidationError):
        window(document)


def test_facts_have_no_future() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Window).validate_python({"next": 7, "unit": "days"})


@pytest.mark.parametrize("zone", [WARSAW, NEW_YORK, LORD_HOWE, "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    "document",
    [
        {"last": 10_000, "unit": "years"},
        {"next": 10_000, "unit": "years"},
        {"next": 10_000, "unit": "months"},
        {"older_than": 10_000, "unit": "months"},
        {"between": [1, 10_000], "unit": "years"},
        {"last": 10_000, "unit": "weeks"},
        {"next": 10_000, "unit": "weeks"},
        {"between": [9_000, 10_000], "unit": "weeks"},
        {"last_whole_days": 10_000},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"to": "0001-01-01"},
        {"from": "9999-12-31"},
    ],
)
def test_windows_beyond_the_calendar_are_cut_and_never_fail(document: Any, zone: str) -> None:
    found = window(document)
    for as_of in (NOON, utc(1900, 1, 1), utc(9998, 12, 31)):
        found.bounds(clock(as_of, zone))
        found.date_bounds(clock(as_of, zone))
