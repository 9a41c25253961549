"""Signs of interest in any channel, and when a contact was last seen (semantics 22)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, reduce
from typing import Annotated, Any

from django.db import connection
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.agreeing import agreeing
from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.counting import CountingCriterion
from segments.criteria.measures import with_number
from segments.criteria.scope import Scope
from segments.criteria.values import Control, NumberOperator, say_values
from segments.criteria.windows import EVER, Window, WindowKind, WindowZone, say_window
from tracking.models import Activity, ActivityKind, MessageEvent, MessageEventKind, Visit


class EngagementChannel(TextChoices):
    """Ways in which contacts show interest."""

    VISITS = "visits", gettext_lazy("visits")
    OPENS = "opens", gettext_lazy("opened messages")
    CLICKS = "clicks", gettext_lazy("clicks in messages")
    PUSH_CLICKS = "push_clicks", gettext_lazy("clicked web pushes")
    FORMS = "forms", gettext_lazy("submitted forms")
    PURCHASES = "purchases", gettext_lazy("purchases")
    ACTIVITIES = "activities", gettext_lazy("activities that count as engagement")


ALL_CHANNELS = tuple(EngagementChannel)
FORM_SUBMITTED = "form_submitted"


def _visits(scope: Scope) -> QuerySet[Any]:
    return scope.facts(Visit)


def _by_people(scope: Scope, kind: MessageEventKind) -> QuerySet[Any]:
    """Machine opens and link scanners are nobody's interest."""
    return scope.facts(MessageEvent).filter(kind=kind, is_machine=False)


def _opens(scope: Scope) -> QuerySet[Any]:
    return _by_people(scope, MessageEventKind.OPENED)


def _clicks(scope: Scope) -> QuerySet[Any]:
    return _by_people(scope, MessageEventKind.CLICKED).exclude(channel="push")


def _push_clicks(scope: Scope) -> QuerySet[Any]:
    return _by_people(scope, MessageEventKind.CLICKED).filter(channel="push")


def _forms(scope: Scope) -> QuerySet[Any]:
    forms, _engaging = scope.once("engaging_kinds", _kinds)
    return scope.facts(Activity).filter(kind_id__in=forms)


def _activities(scope: Scope) -> QuerySet[Any]:
    _forms, engaging = scope.once("engaging_kinds", _kinds)
    return scope.facts(Activity).filter(kind_id__in=engaging)


def _kinds(scope: Scope) -> tuple[list[int], list[int]]:
    """The kinds of forms, and the others that count as engagement."""
    forms: list[int] = []
    engaging: list[int] = []
    text, params = _kinds_asked(scope.workspace.pk)
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        for pk, key in cursor.fetchall():
            (forms if key == FORM_SUBMITTED else engaging).append(pk)
    return forms, engaging


@lru_cache(maxsize=1_000)
def _kinds_asked(workspace_id: int) -> tuple[str, tuple[Any, ...]]:
    """Compiled once, since it is asked for every answer."""
    kinds = ActivityKind.objects.in_workspace(workspace_id)
    asked = kinds.filter(Q(key=FORM_SUBMITTED) | Q(is_engagement=True)).order_by("pk")
    text, params = asked.values_list("pk", "key").query.sql_with_params()
    return text, tuple(params)


def _purchases(scope: Scope) -> QuerySet[Any]:
    return scope.purchases()


FACTS: dict[EngagementChannel, Callable[[Scope], QuerySet[Any]]] = {
    EngagementChannel.VISITS: _visits,
    EngagementChannel.OPENS: _opens,
    EngagementChannel.CLICKS: _clicks,
    EngagementChannel.PUSH_CLICKS: _push_clicks,
    EngagementChannel.FORMS: _forms,
    EngagementChannel.PURCHASES: _purchases,
    EngagementChannel.ACTIVITIES: _activities,
}

SOURCES: dict[EngagementChannel, tuple[str, ...]] = {
    EngagementChannel.VISITS: ("visits",),
    EngagementChannel.OPENS: ("messages.email",),
    EngagementChannel.CLICKS: ("messages.email",),
    EngagementChannel.PUSH_CLICKS: ("messages.push",),
    EngagementChannel.FORMS: (f"activities.{FORM_SUBMITTED}",),
    EngagementChannel.PURCHASES: ("transactions",),
}


def contacts_of(querysets: list[QuerySet[Any]]) -> QuerySet[Any]:
    """Contact ids of facts of several tables, repeats included."""
    first, *others = (facts.order_by().values("contact_id") for facts in querysets)
    return first.union(*others, all=True) if others else first


@criterion
class Engaged(CountingCriterion):
    """Signs of interest in any of the channels: exactly 0 finds those who went quiet."""

    key = "engagement.engaged"
    label = gettext_lazy("Engagement")
    help = gettext_lazy("For example: no engagement in any channel in the last 30 days")
    family = Family.ACTIVITIES
    icon = "activity"
    phrase = agreeing(
        "engaged {operator} {number} {upper} time in {channels} {window}",
        "engaged {operator} {number} {upper} times in {channels} {window}",
    )
    examples = (
        {"operator": "exactly", "number": 0, "window": {"last": 30, "unit": "days"}},
        {
            "operator": "at_least",
            "number": 3,
            "channels": ["visits", "clicks", "purchases"],
            "window": {"last": 90, "unit": "days"},
        },
        {
            "operator": "at_most",
            "number": 1,
            "channels": ["opens", "push_clicks", "forms", "activities"],
            "window": {"calendar": "this_year"},
        },
        {"channels": ["opens"], "window": {"last": 1, "unit": "weeks"}},
    )

    channels: (
        Annotated[
            list[EngagementChannel],
            Field(min_length=1, max_length=len(EngagementChannel)),
            Control("selects", optional=True),
        ]
        | None
    ) = None
    window: Window = EVER

    @property
    def asked(self) -> list[EngagementChannel]:
        """The channels meant; any channel is all there are."""
        return [each for each in ALL_CHANNELS if self.channels is None or each in self.channels]

    def _facts(self, scope: Scope) -> list[QuerySet[Any]]:
        return [scope.within(FACTS[channel](scope), self.window) for channel in self.asked]

    def matching(self, scope: Scope) -> QuerySet[Any]:
        facts = self._facts(scope)
        if self.is_plain:
            return contacts_of(facts)
        if len(facts) == 1:
            return self.counted(facts[0])
        test = self.test.fails_q if self.negated else self.test.q
        engaged = scope.contacts().filter(pk__in=contacts_of(facts))
        found = engaged.annotate(number_of_facts=_sum_of(facts)).filter(test("number_of_facts"))
        counted: QuerySet[Any] = with_number(
            found.values("pk"), contacts_of(facts), self.test, self.negated
        )
        return counted

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return tuple(self._facts(scope))

    def present(self, scope: Scope) -> QuerySet[Any]:
        return contacts_of([FACTS[channel](scope) for channel in self.asked])

    def recorded_sources(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(source for each in self.asked for source in SOURCES.get(each, ()))
        )

    def say(self, speech: Speech) -> str:
        if self.operator == NumberOperator.EXACTLY and self.number == 0:
            return _("showed no engagement in {channels} {window}").format(
                channels=self.say_field("channels", speech), window=say_window(self.window)
            )
        return super().say(speech)

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "channels":
            if self.channels is None:
                return _("any channel")
            return say_values([channel.label for channel in self.channels], _("or"))
        return super().say_field(name, speech)


def _sum_of(querysets: list[QuerySet[Any]]) -> Any:
    """The number of facts of a contact over several tables."""
    numbers: list[Any] = [
        Coalesce(
            Subquery(
                facts.filter(contact_id=OuterRef("pk"))
                .order_by()
                .values("contact_id")
                .annotate(each=Count("pk"))
                .values("each"),
                output_field=IntegerField(),
            ),
            0,
        )
        for facts in querysets
    ]
    return reduce(lambda total, number: total + number, numbers)


class SeenOperator(TextChoices):
    """Whether the latest sign of life lies in the window."""

    IN = "in", gettext_lazy("last seen")
    NOT_IN = "not_in", gettext_lazy("not last seen")
    EVER = "ever", gettext_lazy("ever seen")
    NEVER = "never", gettext_lazy("never seen")


@criterion
class LastSeen(Criterion):
    """The latest visit, engagement or purchase. Who was never seen has no such date."""

    key = "contacts.last_seen"
    label = gettext_lazy("Last seen")
    help = gettext_lazy("For example: were last seen more than 90 days ago")
    family = Family.CONTACT
    icon = "clock"
    phrase = gettext_lazy("were {operator} {window}")
    examples = (
        {"operator": "in", "window": {"last": 30, "unit": "days"}},
        {"operator": "in", "window": {"older_than": 90, "unit": "days"}},
        {"operator": "in", "window": {"calendar": "previous_month", "zone": "contact"}},
        {"operator": "not_in", "window": {"last": 7, "unit": "days"}},
        {"operator": "ever"},
        {"operator": "never"},
    )

    operator: SeenOperator = SeenOperator.IN
    window: Annotated[
        Window | None, Control("window", shown_when={"operator": ("in", "not_in")})
    ] = None

    @property
    def negated(self) -> bool:
        return self.operator in (SeenOperator.NOT_IN, SeenOperator.NEVER)

    def matching(self, scope: Scope) -> QuerySet[Any]:
        facts = [FACTS[channel](scope) for channel in ALL_CHANNELS]
        if self.window is None or isinstance(self.window, str):
            return contacts_of(facts)
        window = self.window
        inside = contacts_of([scope.within(each, window) for each in facts])
        is_own_zone = getattr(window, "zone", None) == WindowZone.CONTACT
        if not is_own_zone and window.bounds(scope.clock).end == scope.as_of:
            return inside  # nothing can lie after the window
        later = contacts_of([scope.after(each, window) for each in facts])
        return scope.contacts().filter(pk__in=inside).exclude(pk__in=later).values("pk")

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        return tuple(FACTS[channel](scope) for channel in ALL_CHANNELS)

    def present(self, scope: Scope) -> QuerySet[Any]:
        return contacts_of([FACTS[channel](scope) for channel in ALL_CHANNELS])

    def recorded_sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(source for named in SOURCES.values() for source in named))

    def windows(self) -> tuple[WindowKind | str, ...]:
        return (EVER,) if self.window is None else (self.window,)
