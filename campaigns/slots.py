"""When a campaign is due: days and times of a schedule, and what they are in a zone.

A slot is a local date and time. A time that a change of clocks skips is taken as much later as
the clocks jump; one that comes twice is taken the first time.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.documents import Schedule
from campaigns.models import SendingSettings

# Nowhere is it earlier or later in the day.
FURTHEST_EAST = timedelta(hours=14)
FURTHEST_WEST = timedelta(hours=-12)


def slots(schedule: Schedule, since: date) -> Iterator[datetime]:
    """The schedule's slots, from that day on."""
    if schedule.date is None or schedule.time is None or schedule.kind == "now":
        return
    day = max(since, schedule.date)
    if schedule.kind == "at":
        if day == schedule.date:
            yield datetime.combine(day, schedule.time)
        return
    while schedule.until is None or day <= schedule.until:
        if _is_due(schedule, day):
            yield datetime.combine(day, schedule.time)
        day += timedelta(days=1)


def _is_due(schedule: Schedule, day: date) -> bool:
    if schedule.every == "day":
        return True
    if schedule.every == "week":
        return day.isoweekday() in schedule.weekdays
    last = calendar.monthrange(day.year, day.month)[1]
    return day.day == min(schedule.month_day, last)


def instant_of(slot: datetime, zone: ZoneInfo) -> datetime:
    """The slot in a zone, in UTC."""
    return slot.replace(tzinfo=zone, fold=0).astimezone(UTC)


def next_slot(schedule: Schedule, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first slot that lies after an instant, by the clocks of the zone."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    found = (slot for slot in slots(schedule, day) if instant_of(slot, zone) > after)
    return next(found, None)


def slot_at(schedule: Schedule, zone: ZoneInfo, instant: datetime) -> datetime:
    """The slot that lies at an instant; where none does, its local time."""
    local = instant.astimezone(zone)
    for slot in slots(schedule, local.date() - timedelta(days=1)):
        at = instant_of(slot, zone)
        if at == instant:
            return slot
        if at > instant:
            break
    return local.replace(tzinfo=None)


def begins_somewhere(slot: datetime) -> datetime:
    """When the slot comes in the furthest east, in UTC."""
    return slot.replace(tzinfo=UTC) - FURTHEST_EAST


def is_over_everywhere(slot: datetime, now: datetime) -> bool:
    """Whether the slot has passed in the furthest west, too."""
    return slot.replace(tzinfo=UTC) - FURTHEST_WEST <= now


def after_quiet_hours(at: datetime, zone: ZoneInfo, sending: SendingSettings) -> datetime:
    """The instant itself, or the end of the quiet hours it lies in."""
    start, end = sending.quiet_from, sending.quiet_to
    if start is None or end is None or start == end:
        return at
    local = at.astimezone(zone)
    if not _is_quiet(local.time(), start, end):
        return at
    over = datetime.combine(local.date(), end)
    if start > end and local.time() >= start:
        over += timedelta(days=1)
    return max(at, instant_of(over, zone))


def _is_quiet(now: time, start: time, end: time) -> bool:
    if start < end:
        return start <= now < end
    return now >= start or now < end
