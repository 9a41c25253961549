"""Where contacts stand with something they do: began, stopped, came back, keep doing it (P13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import Field

from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.scope import Scope
from segments.criteria.values import Control, reference_text
from segments.criteria.windows import (
    EVER,
    Rolling,
    Since,
    Unit,
    Window,
    WindowKind,
    say_window,
    shifted,
)
from tracking.models import Activity, PageView, Visit

MAX_PERIODS = 60


class Subject(TextChoices):
    """What is done."""

    VISIT = "visit", gettext_lazy("visiting")
    PURCHASE = "purchase", gettext_lazy("buying")
    PAGE_VIEW = "page_view", gettext_lazy("viewing pages")
    ACTIVITY = "activity", gettext_lazy("the activity")


SOURCES = {
    Subject.VISIT: "visits",
    Subject.PAGE_VIEW: "visits",
    Subject.PURCHASE: "transactions",
}


class Stage(TextChoices):
    """Where a contact stands with it."""

    FIRST_TIME = "first_time", gettext_lazy("began, for the first time,")
    STOPPED = "stopped", gettext_lazy("stopped")
    RESUMED = "resumed", gettext_lazy("came back, after a break, to")
    REGULARLY = "regularly", gettext_lazy("keep, in at least so many periods,")


class PeriodUnit(TextChoices):
    """How long one period is."""

    DAYS = "days", gettext_lazy("days")
    WEEKS = "weeks", gettext_lazy("weeks")
    MONTHS = "months", gettext_lazy("months")


IN_WINDOW = {"stage": ("first_time", "stopped", "resumed")}
RESUMED_ONLY = {"stage": ("resumed",)}
REGULARLY_ONLY = {"stage": ("regularly",)}
Days = Annotated[int, Field(ge=1, le=3_650, strict=True)]
Periods = Annotated[int, Field(ge=1, le=MAX_PERIODS, strict=True)]


@criterion
class Lifecycle(Criterion):
    """For the first time, stopped, resumed or regularly.

    *First time*: the first ever lies in the window. *Stopped*: did it before the window, and not
    in it. *Resumed*: did it in the window after a break of at least so many days. *Regularly*:
    in at least k of the last n periods, each so long, the last one ending now.
    """

    key = "activities.lifecycle"
    label = gettext_lazy("Habit")
    help = gettext_lazy(
        "For example: stopped visiting in the last 30 days, or bought in 3 of the last 6 months"
    )
    family = Family.ACTIVITIES
    icon = "repeat"
    phrase = gettext_lazy(
        "{stage} {subject} {kind} {window} {break_days} {at_least} {of_last} {unit}"
    )
    examples = (
        {"subject": "purchase", "stage": "first_time", "window": {"last": 30, "unit": "days"}},
        {"subject": "visit", "stage": "stopped", "window": {"last": 30, "unit": "days"}},
        {
            "subject": "visit",
            "stage": "resumed",
            "window": {"last": 7, "unit": "days"},
            "break_days": 60,
        },
        {
            "subject": "purchase",
            "stage": "regularly",
            "at_least": 3,
            "of_last": 6,
            "unit": "months",
        },
        {
            "subject": "page_view",
            "stage": "regularly",
            "at_least": 2,
            "of_last": 4,
            "unit": "weeks",
        },
        {
            "subject": "activity",
            "kind": "ticket_bought",
            "stage": "stopped",
            "window": {"calendar": "this_year", "zone": "contact"},
        },
    )

    subject: Subject
    kind: (  # type: ignore[valid-type]
        reference_text("activity_kind", shown_when={"subject": ("activity",)}) | None
    ) = None
    stage: Stage
    window: Annotated[Window | None, Control("window", shown_when=IN_WINDOW)] = None
    break_days: Annotated[Days | None, Control("number", whole=True, shown_when=RESUMED_ONLY)] = (
        None
    )
    at_least: Annotated[
        Periods | None, Control("number", whole=True, shown_when=REGULARLY_ONLY)
    ] = None
    of_last: Annotated[Periods | None, Control("number", whole=True, shown_when=REGULARLY_ONLY)] = (
        None
    )
    unit: Annotated[PeriodUnit | None, Control("select", shown_when=REGULARLY_ONLY)] = None

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.stage == Stage.STOPPED and (self.window == EVER or isinstance(self.window, Since)):
            yield ("window",), _("“Stopped” needs a window with a beginning.")
        if self.at_least is not None and self.of_last is not None and self.at_least > self.of_last:
            yield ("at_least",), _("There can't be more periods than are looked at.")

    def facts(self, scope: Scope) -> QuerySet[Any]:
        """Everything of the subject before the instant."""
        if self.subject == Subject.PURCHASE:
            return scope.purchases()
        if self.subject == Subject.ACTIVITY:
            kinds = scope.ids_of("activity_kind", [str(self.kind)])
            return scope.facts(Activity).filter(kind_id__in=kinds)
        return scope.facts(Visit if self.subject == Subject.VISIT else PageView)

    def matching(self, scope: Scope) -> QuerySet[Any]:
        facts = self.facts(scope)
        if self.stage == Stage.REGULARLY or self.window is None:
            return self._regular(facts, scope)
        if self.stage == Stage.FIRST_TIME:
            firsts = facts.values("contact_id").annotate(first_at=Min("occurred_at"))
            return scope.within(firsts, self.window, "first_at").values("contact_id")  # type: ignore[no-any-return]
        if self.stage == Stage.STOPPED:
            inside = scope.within(facts, self.window).values("contact_id")
            earlier = scope.before(facts, self.window)
            return earlier.exclude(contact_id__in=inside).values("contact_id")  # type: ignore[no-any-return]
        return self._resumed(facts, scope, self.window)

    def _resumed(
        self, facts: QuerySet[Any], scope: Scope, window: WindowKind | str
    ) -> QuerySet[Any]:
        """Each fact of the window with the one before it, wherever that lies."""
        previous = (
            facts.filter(contact_id=OuterRef("contact_id"), occurred_at__lt=OuterRef("occurred_at"))
            .order_by("-occurred_at")
            .values("occurred_at")[:1]
        )
        inside = scope.within(facts, window).annotate(previous_at=Subquery(previous))
        pause = timedelta(days=self.break_days or 1)
        return inside.filter(previous_at__lte=F("occurred_at") - pause).values("contact_id")  # type: ignore[no-any-return]

    def _regular(self, facts: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        number, unit = self.of_last or 1, Unit((self.unit or PeriodUnit.DAYS).value)
        starts = [shifted(scope.clock, -back, unit) for back in range(1, number + 1)]
        # The first start that lies before a fact tells its period.
        period = Case(
            *(
                When(occurred_at__gte=start, then=Value(index))
                for index, start in enumerate(starts)
            ),
            output_field=IntegerField(),
        )
        recent = facts.filter(occurred_at__gte=starts[-1]).annotate(period=period)
        counted: QuerySet[Any] = recent.values("contact_id")
        counted = counted.annotate(periods=Count("period", distinct=True))
        return counted.filter(periods__gte=self.at_least or 1).values("contact_id")

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return (self.facts(scope),)

    @property
    def rests_on_oldest(self) -> bool:
        return self.stage == Stage.FIRST_TIME

    @property
    def relies_on_absence(self) -> bool:
        return self.stage == Stage.FIRST_TIME

    def present(self, scope: Scope) -> QuerySet[Any]:
        return self.facts(scope).values("contact_id")

    def recorded_sources(self) -> tuple[str, ...]:
        if self.subject == Subject.ACTIVITY:
            return (f"activities.{self.kind}",)
        return (SOURCES[self.subject],)

    def windows(self) -> tuple[WindowKind | str, ...]:
        if self.stage == Stage.FIRST_TIME:
            return (EVER,)  # "never before" looks back to the beginning
        if self.of_last is not None and self.unit is not None:
            return (Rolling(last=self.of_last, unit=Unit(self.unit.value)),)
        return super().windows()

    def say(self, speech: Speech) -> str:
        subject = str(self.subject.label)
        if self.kind is not None:
            subject = f"{subject} “{speech.label('activity_kind', str(self.kind))}”"
        window = "" if self.window is None else say_window(self.window)
        if self.stage == Stage.FIRST_TIME:
            return _("began {subject} {window}, for the first time").format(
                subject=subject, window=window
            )
        if self.stage == Stage.STOPPED:
            return _("stopped {subject}: did it before, but not {window}").format(
                subject=subject, window=window
            )
        if self.stage == Stage.RESUMED:
            days = self.break_days or 1
            pause = ngettext("%d day", "%d days", days) % days
            return _("resumed {subject} {window} after a break of at least {pause}").format(
                subject=subject, window=window, pause=pause
            )
        return _("keep {subject}: in at least {k} of the last {n} {unit}").format(
            subject=subject, k=self.at_least, n=self.of_last, unit=self.unit and self.unit.label
        )
