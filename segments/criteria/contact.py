"""Who a contact is: its number at the shop, since when it is known, its age, a stable bucket."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from django.db.models import F, Func, IntegerField, Q, QuerySet, TextChoices
from django.db.models import Value as Literal
from django.db.models.functions import ExtractDay, ExtractMonth
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from contacts.models import AttributeType
from segments.criteria.agreeing import agreeing
from segments.criteria.attributes import attribute_of
from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    Control,
    NumberOperator,
    Text,
    say_test,
    suggested_texts,
)
from segments.criteria.windows import (
    Clock,
    DateBounds,
    DateWindow,
    Window,
    WindowKind,
    WindowZone,
    shift_months,
)
from workspaces.models import LeapBirthday


class IdentifierOperator(TextChoices):
    """How an identifier is compared: letter by letter, capitals as they are."""

    ANY_OF = "any_of", gettext_lazy("is any of")
    NONE_OF = "none_of", gettext_lazy("is none of")
    STARTS_WITH = "starts_with", gettext_lazy("starts with")
    NOT_STARTS_WITH = "not_starts_with", gettext_lazy("does not start with")
    HAS_VALUE = "has_value", gettext_lazy("has a value")
    HAS_NO_VALUE = "has_no_value", gettext_lazy("has no value")


_IDENTIFIER_NEGATED = ("none_of", "not_starts_with", "has_no_value")
_IDENTIFIER_VALUES = ("any_of", "none_of", "starts_with", "not_starts_with")


@criterion
class ExternalIdIs(Criterion):
    """The shop's own number of the contact."""

    key = "contacts.external_id"
    label = gettext_lazy("External id")
    help = gettext_lazy("For example: have an external id that starts with B2B-")
    family = Family.CONTACT
    icon = "fingerprint-pattern"
    phrase = gettext_lazy("have an external id that {operator} {values}")
    examples = (
        {"operator": "any_of", "values": ["c1", "c2"]},
        {"operator": "none_of", "values": ["c1"]},
        {"operator": "starts_with", "values": ["c"]},
        {"operator": "not_starts_with", "values": ["B2B-"]},
        {"operator": "has_value"},
        {"operator": "has_no_value"},
    )

    operator: IdentifierOperator = IdentifierOperator.ANY_OF
    values: (  # type: ignore[valid-type]
        suggested_texts("external_id", shown_when={"operator": _IDENTIFIER_VALUES}) | None
    ) = None

    @property
    def negated(self) -> bool:
        return self.operator in _IDENTIFIER_NEGATED

    def matching(self, scope: Scope) -> QuerySet[Any]:
        return scope.contacts().filter(self._passing()).values("pk")

    def _passing(self) -> Q:
        if self.values is None:
            return Q(external_id__isnull=False)
        if self.operator in ("any_of", "none_of"):
            return Q(external_id__in=self.values)
        condition = Q()
        for value in self.values:
            condition |= Q(external_id__startswith=value)
        return condition

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (scope.contacts(),)

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.contacts().filter(external_id__isnull=False).values("pk")


@criterion
class BecameContact(Criterion):
    """First known: the earliest of its creation, a stated date and its first fact."""

    key = "contacts.became_contact"
    label = gettext_lazy("Became a contact")
    help = gettext_lazy("For example: became a contact in the last 30 days, by their first fact")
    family = Family.CONTACT
    icon = "user-plus"
    phrase = gettext_lazy("became a contact {window}")
    examples = (
        {"window": {"last": 30, "unit": "days"}},
        {"window": {"calendar": "previous_month", "zone": "contact"}},
        {"window": {"older_than": 1, "unit": "years"}},
    )

    window: Window

    def matching(self, scope: Scope) -> QuerySet[Any]:
        found = scope.within(scope.contacts(), self.window, "known_since", "pk")
        return found.values("pk")  # type: ignore[no-any-return]

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (scope.contacts(),)


@criterion
class AddedHere(Criterion):
    """Created in Kohorta, whenever it was known elsewhere."""

    key = "contacts.added_here"
    label = gettext_lazy("Added here")
    help = gettext_lazy("For example: were added here today, by an import or a form")
    family = Family.CONTACT
    icon = "user-check"
    phrase = gettext_lazy("were added here {window}")
    examples = (
        {"window": {"calendar": "today"}},
        {"window": {"between": [1, 3], "unit": "months"}},
    )

    window: Window

    def matching(self, scope: Scope) -> QuerySet[Any]:
        # An import of yesterday doesn't show in the answer of the day before.
        created = scope.contacts().filter(created_at__lt=scope.as_of)
        return scope.within(created, self.window, "created_at", "pk").values("pk")  # type: ignore[no-any-return]

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (scope.contacts(),)

    def edge_column(self, scope: Scope) -> str:
        return "created_at"

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.contacts().filter(created_at__lt=scope.as_of).values("pk")


Years = Annotated[int, Field(ge=0, le=150, strict=True), Control("number", whole=True)]


@criterion
class Age(Criterion):
    """Whole years since the birthday, on the local day. Unknown birthdays never pass."""

    key = "contacts.age"
    label = gettext_lazy("Age")
    help = gettext_lazy("For example: are between 18 and 25 years old")
    family = Family.CONTACT
    icon = "cake"
    phrase = agreeing(
        "are {operator} {years} {upper} year old {zone}",
        "are {operator} {years} {upper} years old {zone}",
    )
    agrees_with = "years"
    examples = (
        {"operator": "at_least", "years": 18},
        {"operator": "more_than", "years": 30},
        {"operator": "at_most", "years": 25},
        {"operator": "less_than", "years": 18},
        {"operator": "exactly", "years": 40},
        {"operator": "not_exactly", "years": 40},
        {"operator": "between", "years": 18, "upper": 25, "zone": "contact"},
    )

    operator: NumberOperator = NumberOperator.AT_LEAST
    years: Years
    upper: Annotated[Years | None, Control("number", whole=True, shown_when=BETWEEN_ONLY)] = None
    zone: WindowZone | None = None

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.upper is not None and self.upper < self.years:
            yield ("upper",), _("The second number must not be the smaller.")

    @property
    def negated(self) -> bool:
        """ "Is not" includes contacts whose age isn't known; comparisons don't."""
        return self.operator == NumberOperator.NOT_EXACTLY

    def matching(self, scope: Scope) -> QuerySet[Any]:
        leap_day = scope.workspace.leap_birthday
        born = scope.attribute_values("birthday")
        if self.zone != WindowZone.CONTACT:
            return born.filter(self._born(scope.clock, leap_day)).values("contact_id")
        condition = Q()
        for clock, whose in scope.contact_zones():
            condition |= whose & self._born(clock, leap_day)
        return born.filter(condition).values("contact_id")

    def _born(self, clock: Clock, leap_day: str) -> Q:
        """On which days somebody of that age was born."""
        at_least, at_most = {
            NumberOperator.AT_LEAST: (self.years, None),
            NumberOperator.MORE_THAN: (self.years + 1, None),
            NumberOperator.AT_MOST: (0, self.years),
            NumberOperator.LESS_THAN: (0, self.years - 1),
            NumberOperator.EXACTLY: (self.years, self.years),
            NumberOperator.NOT_EXACTLY: (self.years, self.years),
            NumberOperator.BETWEEN: (self.years, self.upper),
        }[self.operator]
        condition = Q(date__lte=born_by(clock.today, at_least, leap_day))
        if at_most is not None:
            condition &= Q(date__gt=born_by(clock.today, at_most + 1, leap_day))
        return condition

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (scope.attribute_values("birthday"),)

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.attribute_values("birthday").values("contact_id")

    def recorded_sources(self) -> tuple[str, ...]:
        return ("attribute.birthday",)

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "operator":
            return say_test(self.operator, str(self.years), str(self.upper))
        if name == "zone":
            return _("(each contact's own time zone)") if self.zone else ""
        return "" if name in ("years", "upper") else super().say_field(name, speech)


def born_by(today: date, years: int, leap_day: str) -> date:
    """The last day on which somebody was born who is at least so many years old today."""
    year = today.year - years
    if year < 1:
        return date.min
    is_leap = calendar.isleap(year)
    if today.month == 2 and today.day == 29 and not is_leap:
        return date(year, 2, 28)
    is_birthday_of_leap_day = (
        leap_day == LeapBirthday.FEBRUARY_28
        and (today.month, today.day) == (2, 28)
        and not calendar.isleap(today.year)
    )
    if is_birthday_of_leap_day and is_leap:
        return date(year, 2, 29)
    return today.replace(year=year)


@criterion
class Anniversary(Criterion):
    """The day of the year of a date falls into the window: birthdays, anniversaries."""

    key = "contacts.anniversary"
    label = gettext_lazy("Birthday or anniversary")
    help = gettext_lazy("For example: have Birthday in the next 7 days, whatever the year")
    family = Family.CONTACT
    icon = "gift"
    phrase = gettext_lazy("have the anniversary of {attribute} {window}")
    examples = (
        {"attribute": "birthday", "window": {"next": 7, "unit": "days"}},
        {"attribute": "birthday", "window": {"calendar": "this_month", "zone": "contact"}},
        {"attribute": "contract_end", "window": {"last": 2, "unit": "weeks"}},
        {"attribute": "birthday", "window": {"from": "2025-12-24", "to": "2026-01-06"}},
    )

    attribute: attribute_of(AttributeType.DATE) = "birthday"  # type: ignore[valid-type]
    window: DateWindow

    def matching(self, scope: Scope) -> QuerySet[Any]:
        dates = scope.attribute_values(self.attribute).filter(date__isnull=False)
        if isinstance(self.window, str):
            return dates.values("contact_id")
        window, leap_day = self.window, scope.workspace.leap_birthday
        numbered = dates.annotate(day_of_year=ExtractMonth("date") * 100 + ExtractDay("date"))
        return numbered.filter(
            scope.by_clock(window, lambda clock: _days_of_year(window.date_bounds(clock), leap_day))
        ).values("contact_id")

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (scope.attribute_values(self.attribute),)

    def edges(self) -> tuple[WindowKind, ...]:
        return ()  # the year of the date doesn't count

    def present(self, scope: Scope) -> QuerySet[Any]:
        return scope.attribute_values(self.attribute).values("contact_id")

    def recorded_sources(self) -> tuple[str, ...]:
        return (f"attribute.{self.attribute}",)


def _days_of_year(bounds: DateBounds, leap_day: str) -> Q:
    """Days of the year as month * 100 + day; every day if the window lasts a year."""
    if bounds.start is None or bounds.end is None:
        return Q()
    if shift_months(bounds.start, 12) <= bounds.end:
        return Q()
    condition = Q(day_of_year=None)
    start, end = bounds.start, bounds.end
    while start < end:
        stop = min(end, date(start.year + 1, 1, 1)) if start.year < date.max.year else end
        condition |= _in_one_year(start, stop, leap_day)
        start = stop
    return condition


def _in_one_year(start: date, end: date, leap_day: str) -> Q:
    first = start.month * 100 + start.day
    last_day = date.fromordinal(end.toordinal() - 1)
    last = last_day.month * 100 + last_day.day
    condition = Q(day_of_year__gte=first, day_of_year__lte=last)
    stands_for_leap_day = 228 if leap_day == LeapBirthday.FEBRUARY_28 else 301
    if not calendar.isleap(start.year) and first <= stands_for_leap_day <= last:
        condition |= Q(day_of_year=229)
    return condition


Share = Annotated[float, Field(ge=0, le=100, multiple_of=0.01), Control("percent", decimals=2)]


class BucketNumber(Func):
    """0 to 9,999: the first 8 hexadecimal digits of md5("salt:contact id") modulo 10,000."""

    template = "mod(('x' || substr(md5(%(expressions)s::text), 1, 8))::bit(32)::bigint, 10000)"
    arg_joiner = " || ':' || "
    output_field = IntegerField()


@criterion
class RandomBucket(Criterion):
    """A stable random part of all contacts; another salt makes an independent split."""

    key = "contacts.bucket"
    label = gettext_lazy("Random part")
    help = gettext_lazy("For example: are in the random part from 0 to 10 percent of test-a")
    family = Family.CONTACT
    icon = "shuffle"
    phrase = gettext_lazy(
        "are in the random part “{salt}” from {from_percent} to {to_percent} percent"
    )
    examples = (
        {"salt": "spring", "to_percent": 10},
        {"salt": "spring", "from_percent": 12.25, "to_percent": 100},
    )

    salt: Annotated[Text, Field(max_length=100)]
    from_percent: Share = 0
    to_percent: Share

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.from_percent >= self.to_percent:
            yield ("to_percent",), _("The part must end after its start.")

    def matching(self, scope: Scope) -> QuerySet[Any]:
        numbered = scope.contacts().annotate(bucket=BucketNumber(Literal(self.salt), F("pk")))
        return numbered.filter(
            bucket__gte=round(self.from_percent * 100), bucket__lt=round(self.to_percent * 100)
        ).values("pk")

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (scope.contacts(),)
