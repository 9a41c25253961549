"""Windows of time (semantics 3 to 5), written again from the page."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Span = tuple[Any, Any]  # from, to (exclusive); None is open
HOURS = {"hours": 1, "days": 24, "weeks": 168}


@dataclass(frozen=True)
class Place:
    """An instant and the zone it is seen from."""

    as_of: datetime
    zone: ZoneInfo
    week_start: int

    @property
    def today(self) -> date:
        return self.as_of.astimezone(self.zone).date()

    def starts(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def months_from(day: date, months: int) -> date:
    """The same day of another month, or that month's last."""
    year, month = day.year, day.month + months
    while month < 1:
        year, month = year - 1, month + 12
    while month > 12:
        year, month = year + 1, month - 12
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def ago(place: Place, number: int, unit: str) -> datetime:
    if unit in HOURS:
        return place.as_of - timedelta(hours=number * HOURS[unit])
    months = number * (12 if unit == "years" else 1)
    local = place.as_of.astimezone(place.zone)
    moved = datetime.combine(months_from(local.date(), -months), local.time(), place.zone)
    return moved.replace(fold=local.fold).astimezone(UTC)


def days_from(place: Place, number: int, unit: str) -> date:
    if unit in ("months", "years"):
        return months_from(place.today, number * (12 if unit == "years" else 1))
    return place.today + timedelta(days=number * {"days": 1, "weeks": 7}[unit])


def calendar_span(name: str, place: Place) -> tuple[date, date]:
    today, one = place.today, timedelta(days=1)
    back = 0
    week = today
    while week.isoweekday() != place.week_start:
        week, back = week - one, back + 1
    first = date(today.year, today.month, 1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    new_year = date(today.year, 1, 1)
    spans = {
        "today": (today, today + one),
        "yesterday": (today - one, today),
        "this_week": (week, week + 7 * one),
        "previous_week": (week - 7 * one, week),
        "this_month": (first, months_from(first, 1)),
        "previous_month": (months_from(first, -1), first),
        "this_quarter": (quarter, months_from(quarter, 3)),
        "previous_quarter": (months_from(quarter, -3), quarter),
        "this_year": (new_year, date(today.year + 1, 1, 1)),
        "previous_year": (date(today.year - 1, 1, 1), new_year),
    }
    return spans[name]


def days_of(window: Any, place: Place) -> Span:
    """Local days `[first, end)` of a window, for dates without a time."""
    one = timedelta(days=1)
    match window:
        case {"last": n, "unit": unit}:
            return days_from(place, -n, unit) + one, place.today + one
        case {"next": n, "unit": unit}:
            return place.today, days_from(place, n, unit)
        case {"calendar": name}:
            return calendar_span(name, place)
        case {"last_whole_days": n}:
            return place.today - timedelta(days=n), place.today
        case {"older_than": n, "unit": unit}:
            return None, days_from(place, -n, unit)
        case {"between": [near, far], "unit": unit}:
            return days_from(place, -far, unit), days_from(place, -near, unit) + one
    first, last = window.get("from"), window.get("to")
    return (
        date.fromisoformat(first) if first else None,
        date.fromisoformat(last) + one if last else None,
    )


def span_of(window: Any, place: Place) -> Span:
    """Instants `[start, end)` of a window."""
    match window:
        case {"last": n, "unit": unit}:
            return ago(place, n, unit), place.as_of
        case {"older_than": n, "unit": unit}:
            return None, ago(place, n, unit)
        case {"between": [near, far], "unit": unit}:
            return ago(place, far, unit), ago(place, near, unit)
    first, end = days_of(window, place)
    return first and place.starts(first), end and place.starts(end)


def inside(value: Any, span: Span) -> bool:
    start, end = span
    return (start is None or value >= start) and (end is None or value < end)


def birthday_in(born: date, year: int, leap_birthday: str) -> date:
    if (born.month, born.day) != (2, 29) or calendar.isleap(year):
        return born.replace(year=year)
    return date(year, 2, 28) if leap_birthday == "02-28" else date(year, 3, 1)


def age_on(day: date, born: date, leap_birthday: str) -> int:
    """Whole years; negative before birth."""
    years = day.year - born.year
    return years if day >= birthday_in(born, day.year, leap_birthday) else years - 1
