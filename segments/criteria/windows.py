"""Windows of time: half-open `[start, end)`, one key decides the kind (semantics 3 to 5)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import Discriminator, Field, Tag, model_validator

from segments.criteria.values import Control, Value
from segments.criteria.window_words import say_ago, say_last, say_next

MAX_NUMBER = 10_000
# Windows are cut to these: beyond them there is no local time for every zone.
FIRST_DAY, LAST_DAY = date(1, 1, 2), date(9999, 12, 30)


@dataclass(frozen=True)
class Bounds:
    """Instants `[start, end)`; None is unbounded."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class DateBounds:
    """Local dates `[start, end)`; None is unbounded."""

    start: date | None
    end: date | None


@dataclass(frozen=True)
class Clock:
    """An instant seen from a place: what windows are resolved against."""

    as_of: datetime
    zone: ZoneInfo
    week_start: int = 1  # ISO weekday

    @property
    def today(self) -> date:
        return self.as_of.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The first instant of a local day (DST days have 23 or 25 hours)."""
        day = min(max(day, FIRST_DAY), LAST_DAY)
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)


class Unit(TextChoices):
    """Hours, days and weeks are elapsed time; months and years go by the calendar."""

    HOURS = "hours", gettext_lazy("hours")
    DAYS = "days", gettext_lazy("days")
    WEEKS = "weeks", gettext_lazy("weeks")
    MONTHS = "months", gettext_lazy("months")
    YEARS = "years", gettext_lazy("years")


_ELAPSED = {
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
    Unit.WEEKS: timedelta(weeks=1),
}


class WindowZone(StrEnum):
    """Whose zone a calendar window is in; without it the workspace's."""

    CONTACT = "contact"


def say_units(number: int, unit: Unit) -> str:
    """ "1 day", "3 months"."""
    phrases = {
        Unit.HOURS: ngettext("%d hour", "%d hours", number),
        Unit.DAYS: ngettext("%d day", "%d days", number),
        Unit.WEEKS: ngettext("%d week", "%d weeks", number),
        Unit.MONTHS: ngettext("%d month", "%d months", number),
        Unit.YEARS: ngettext("%d year", "%d years", number),
    }
    return phrases[unit] % number


def shift_months(day: date, months: int) -> date:
    """Calendar arithmetic, clamped to the month's end: 31 March less one month is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < FIRST_DAY.year:
        return FIRST_DAY
    if year > LAST_DAY.year:
        return LAST_DAY
    last_day = monthrange(year, month + 1)[1]
    shifted_day = date(year, month + 1, min(day.day, last_day))
    return min(max(shifted_day, FIRST_DAY), LAST_DAY)


def shift_days(day: date, days: int) -> date:
    """So many days later (negative: earlier), within the calendar."""
    number = min(max(day.toordinal() + days, FIRST_DAY.toordinal()), LAST_DAY.toordinal())
    return date.fromordinal(number)


def shifted(clock: Clock, number: int, unit: Unit) -> datetime:
    """The instant `number` units after (negative: before) the clock's."""
    if unit in _ELAPSED:
        try:
            return clock.as_of + number * _ELAPSED[unit]
        except OverflowError:
            return clock.midnight(FIRST_DAY if number < 0 else LAST_DAY)
    months = number * (12 if unit == Unit.YEARS else 1)
    local = clock.as_of.astimezone(clock.zone)
    moved = datetime.combine(shift_months(local.date(), months), local.time(), tzinfo=clock.zone)
    return moved.replace(fold=local.fold).astimezone(UTC)


def shifted_date(clock: Clock, number: int, unit: Unit) -> date:
    """The local date `number` units from today; hours are taken from the instant."""
    if unit in (Unit.MONTHS, Unit.YEARS):
        return shift_months(clock.today, number * (12 if unit == Unit.YEARS else 1))
    if unit == Unit.HOURS:
        return shifted(clock, number, unit).astimezone(clock.zone).date()
    return shift_days(clock.today, number * (7 if unit == Unit.WEEKS else 1))


class WindowKind(Value):
    """What every kind of window answers."""

    def bounds(self, clock: Clock) -> Bounds:
        """The instants the window covers."""
        dates = self.date_bounds(clock)
        return Bounds(
            clock.midnight(dates.start) if dates.start else None,
            clock.midnight(dates.end) if dates.end else None,
        )

    def date_bounds(self, clock: Clock) -> DateBounds:
        """The whole local days the window covers, for dates without a time."""
        raise NotImplementedError

    def say(self) -> str:
        raise NotImplementedError


Number = Annotated[int, Field(ge=1, le=MAX_NUMBER, strict=True)]


class Rolling(WindowKind):
    """The last n units up to the instant."""

    last: Number
    unit: Unit
    zone: WindowZone | None = None

    def bounds(self, clock: Clock) -> Bounds:
        return Bounds(shifted(clock, -self.last, self.unit), clock.as_of)

    def date_bounds(self, clock: Clock) -> DateBounds:
        # Today is inside "last 7 days": whole days, today the last of them.
        start = shifted_date(clock, -self.last, self.unit)
        if self.unit != Unit.HOURS:
            start += timedelta(days=1)
        return DateBounds(start, clock.today + timedelta(days=1))

    def say(self) -> str:
        return say_last(self.last, self.unit)


class CalendarPeriod(TextChoices):
    """Whole calendar periods in the zone."""

    TODAY = "today", gettext_lazy("today")
    YESTERDAY = "yesterday", gettext_lazy("yesterday")
    THIS_WEEK = "this_week", gettext_lazy("this calendar week")
    PREVIOUS_WEEK = "previous_week", gettext_lazy("the previous calendar week")
    THIS_MONTH = "this_month", gettext_lazy("this calendar month")
    PREVIOUS_MONTH = "previous_month", gettext_lazy("the previous calendar month")
    THIS_QUARTER = "this_quarter", gettext_lazy("this quarter")
    PREVIOUS_QUARTER = "previous_quarter", gettext_lazy("the previous quarter")
    THIS_YEAR = "this_year", gettext_lazy("this calendar year")
    PREVIOUS_YEAR = "previous_year", gettext_lazy("the previous calendar year")


class Calendar(WindowKind):
    """A calendar period: today, the previous month, …"""

    calendar: CalendarPeriod
    zone: WindowZone | None = None

    def date_bounds(self, clock: Clock) -> DateBounds:
        today = clock.today
        week = today - timedelta(days=(today.isoweekday() - clock.week_start) % 7)
        month = today.replace(day=1)
        quarter = shift_months(month, -((month.month - 1) % 3))
        year = date(today.year, 1, 1)
        day = timedelta(days=1)
        periods: dict[CalendarPeriod, tuple[date, date]] = {
            CalendarPeriod.TODAY: (today, today + day),
            CalendarPeriod.YESTERDAY: (today - day, today),
            CalendarPeriod.THIS_WEEK: (week, week + 7 * day),
            CalendarPeriod.PREVIOUS_WEEK: (week - 7 * day, week),
            CalendarPeriod.THIS_MONTH: (month, shift_months(month, 1)),
            CalendarPeriod.PREVIOUS_MONTH: (shift_months(month, -1), month),
            CalendarPeriod.THIS_QUARTER: (quarter, shift_months(quarter, 3)),
            CalendarPeriod.PREVIOUS_QUARTER: (shift_months(quarter, -3), quarter),
            CalendarPeriod.THIS_YEAR: (year, shift_months(year, 12)),
            CalendarPeriod.PREVIOUS_YEAR: (shift_months(year, -12), year),
        }
        return DateBounds(*periods[self.calendar])

    def say(self) -> str:
        in_phrases = (CalendarPeriod.TODAY, CalendarPeriod.YESTERDAY)
        text = str(self.calendar.label)
        return text if self.calendar in in_phrases else _("in {period}").format(period=text)


class WholeDays(WindowKind):
    """The last n whole local days, today not among them."""

    last_whole_days: Number
    zone: WindowZone | None = None

    def date_bounds(self, clock: Clock) -> DateBounds:
        return DateBounds(shift_days(clock.today, -self.last_whole_days), clock.today)

    def say(self) -> str:
        number = self.last_whole_days
        return ngettext("in the last %d whole day", "in the last %d whole days", number) % number


class Dates(WindowKind):
    """Local dates, `to` included."""

    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    zone: WindowZone | None = None

    @model_validator(mode="after")
    def has_an_end(self) -> Dates:
        if self.from_ is None and self.to is None:
            raise ValueError(_("Give a first or a last day."))
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError(_("The first day lies after the last."))
        return self

    def date_bounds(self, clock: Clock) -> DateBounds:
        end = self.to + timedelta(days=1) if self.to and self.to < date.max else None
        return DateBounds(self.from_, end)

    def say(self) -> str:
        first = date_format(self.from_, "SHORT_DATE_FORMAT") if self.from_ else ""
        last = date_format(self.to, "SHORT_DATE_FORMAT") if self.to else ""
        if first and last:
            if first == last:
                return _("on {day}").format(day=first)
            return _("from {first} to {last}").format(first=first, last=last)
        if first:
            return _("on or after {day}").format(day=first)
        return _("on or before {day}").format(day=last)


class OlderThan(WindowKind):
    """More than n units ago."""

    older_than: Number
    unit: Unit
    zone: WindowZone | None = None

    def bounds(self, clock: Clock) -> Bounds:
        return Bounds(None, shifted(clock, -self.older_than, self.unit))

    def date_bounds(self, clock: Clock) -> DateBounds:
        return DateBounds(None, shifted_date(clock, -self.older_than, self.unit))

    def say(self) -> str:
        return say_ago(self.older_than, self.unit)


class Between(WindowKind):
    """Between n and m units ago, n the nearer."""

    between: Annotated[
        tuple[Annotated[int, Field(ge=0, le=MAX_NUMBER, strict=True)], Number], Field()
    ]
    unit: Unit
    zone: WindowZone | None = None

    @model_validator(mode="after")
    def is_ordered(self) -> Between:
        if self.between[0] >= self.between[1]:
            raise ValueError(_("The first number must be the smaller."))
        return self

    def bounds(self, clock: Clock) -> Bounds:
        near, far = self.between
        end = shifted(clock, -near, self.unit) if near else clock.as_of
        return Bounds(shifted(clock, -far, self.unit), end)

    def date_bounds(self, clock: Clock) -> DateBounds:
        near, far = self.between
        one = timedelta(days=1)
        return DateBounds(
            shifted_date(clock, -far, self.unit), shifted_date(clock, -near, self.unit) + one
        )

    def say(self) -> str:
        return _("between {near} and {far} ago").format(
            near=self.between[0], far=say_units(self.between[1], self.unit)
        )


class Next(WindowKind):
    """The next n units, today among them: for dates that can lie ahead."""

    next: Number
    unit: Unit
    zone: WindowZone | None = None

    def bounds(self, clock: Clock) -> Bounds:
        return Bounds(clock.as_of, shifted(clock, self.next, self.unit))

    def date_bounds(self, clock: Clock) -> DateBounds:
        return DateBounds(clock.today, shifted_date(clock, self.next, self.unit))

    def say(self) -> str:
        return say_next(self.next, self.unit)


class SinceActivity(Value):
    """The activity a `since` window starts from: its kind's key."""

    activity: Annotated[
        str, Field(min_length=1, max_length=60), Control("reference", reference="activity_kind")
    ]


class Since(WindowKind):
    """Since the contact's own latest activity of a kind; nothing without one."""

    since: SinceActivity
    zone: None = None

    def bounds(self, clock: Clock) -> Bounds:
        return Bounds(None, clock.as_of)  # the start is the contact's own: Scope.within adds it

    def date_bounds(self, clock: Clock) -> DateBounds:
        return DateBounds(None, clock.today + timedelta(days=1))

    def say(self) -> str:
        return _("since the last “{activity}”").format(activity=self.since.activity)


EVER: Literal["ever"] = "ever"

_KEYS = ("last", "calendar", "last_whole_days", "older_than", "between", "next", "since")


def _kind_of(value: Any) -> str | None:
    """The tag of a window; tags carry a colon so that error paths can leave them out."""
    if isinstance(value, str):
        return "window:ever"
    if isinstance(value, WindowKind):
        return _TAGS[type(value)]
    if isinstance(value, dict):
        for key in _KEYS:
            if key in value:
                return f"window:{key}"
        if "from" in value or "to" in value:
            return "window:dates"
    return None


_TAGS: dict[type[WindowKind], str] = {
    Rolling: "window:last",
    Calendar: "window:calendar",
    WholeDays: "window:last_whole_days",
    Dates: "window:dates",
    OlderThan: "window:older_than",
    Between: "window:between",
    Next: "window:next",
    Since: "window:since",
}

_PAST = (
    Annotated[Rolling, Tag("window:last")]
    | Annotated[Calendar, Tag("window:calendar")]
    | Annotated[WholeDays, Tag("window:last_whole_days")]
    | Annotated[Dates, Tag("window:dates")]
    | Annotated[OlderThan, Tag("window:older_than")]
    | Annotated[Between, Tag("window:between")]
    | Annotated[Literal["ever"], Tag("window:ever")]
)

_DISCRIMINATOR = Discriminator(
    _kind_of,
    custom_error_type="window_unknown",
    custom_error_message="This is not a window of time.",
)

# Of facts: they lie in the past.
Window = Annotated[_PAST | Annotated[Since, Tag("window:since")], _DISCRIMINATOR, Control("window")]
# Of dates that can lie ahead (birthdays, date attributes).
DateWindow = Annotated[
    _PAST | Annotated[Next, Tag("window:next")], _DISCRIMINATOR, Control("window", ahead=True)
]


def say_window(window: WindowKind | str) -> str:
    """The window in words; "ever" is "ever"."""
    if isinstance(window, str):
        return _("ever")
    text = window.say()
    if getattr(window, "zone", None) == WindowZone.CONTACT:
        text = _("{window} (each contact's own time zone)").format(window=text)
    return text
