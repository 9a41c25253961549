"""Activities of the workspace's own kinds, with typed parameters; clicks on tracked links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.agreeing import agreeing
from segments.criteria.base import Family, Reference, Speech, criterion
from segments.criteria.conditions import Condition, conditions
from segments.criteria.counting import CountingCriterion
from segments.criteria.dates import DateOperator
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    POSITIVE,
    WITH_VALUES,
    Control,
    NumberOperator,
    NumberTest,
    NumberValue,
    Text,
    TextOperator,
    TextTest,
    reference_text,
    say_number,
    say_test,
    say_values,
    suggested_texts,
)
from segments.criteria.visits import say_conditions
from segments.criteria.windows import EVER, DateBounds, DateWindow, Window, say_window
from tracking.models import Activity, ActivityValue, ParameterType

LINK_CLICKED = "link_clicked"

ParameterKey = Annotated[
    Text, Field(max_length=60), Control("parameter", suggest="activity_parameter")
]


class ParameterCondition(Condition):
    """The value of one parameter of the activity. Negative: also activities without a value."""

    type: ClassVar[ParameterType]

    def key(self) -> str:
        """The parameter's key."""
        return str(self.parameter)  # type: ignore[attr-defined]

    @property
    def is_negative(self) -> bool:
        return False

    def test(self, scope: Scope) -> Q:
        """The positive test on the value's columns."""
        raise NotImplementedError

    def on_activity(self, kind: str, scope: Scope) -> Q:
        """The condition on an activity of the kind."""
        ids = scope.ids_of("activity_parameter", [f"{kind}.{self.key()}"])
        values = ActivityValue.objects.in_workspace(scope.workspace).filter(parameter_id__in=ids)
        found = Q(pk__in=values.filter(self.test(scope)).values("activity_id"))
        return ~found if self.is_negative else found


class TextTesting(ParameterCondition):
    """A test of a text parameter."""

    type = ParameterType.TEXT
    operator: TextOperator = TextOperator.IS_ANY_OF
    values: (  # type: ignore[valid-type]
        suggested_texts("parameter_value", shown_when={"operator": WITH_VALUES}) | None
    ) = None

    @property
    def is_negative(self) -> bool:
        return self.operator in POSITIVE

    def test(self, scope: Scope) -> Q:
        operator = POSITIVE.get(self.operator, self.operator)
        return TextTest(operator, self.values or ()).q("text_norm", "text_key")

    def speak(self, speech: Speech) -> str:
        values = say_values(self.values, _("or")) if self.values else ""
        return f"{self.named()} {self.operator.label} {values}".strip()

    def named(self) -> str:
        return self.key()


class TextParameter(TextTesting):
    """A text parameter of the kind."""

    label = gettext_lazy("Text")
    field: Literal["text"]
    parameter: ParameterKey


class ClickCondition(TextTesting):
    """A parameter every click on a tracked link has."""

    parameter_key: ClassVar[str]

    def key(self) -> str:
        return self.parameter_key

    def named(self) -> str:
        return str(self.label)


class NumberParameter(ParameterCondition):
    """A number parameter; comparisons never include activities without it."""

    label = gettext_lazy("Number")
    type = ParameterType.NUMBER
    field: Literal["number"]
    parameter: ParameterKey
    operator: NumberOperator
    value: NumberValue
    upper: Annotated[NumberValue | None, Control("number", shown_when=BETWEEN_ONLY)] = None

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.upper is not None and self.upper < self.value:
            yield ("upper",), _("The second number must not be the smaller.")

    @property
    def is_negative(self) -> bool:
        return self.operator == NumberOperator.NOT_EXACTLY

    def test(self, scope: Scope) -> Q:
        operator = NumberOperator.EXACTLY if self.is_negative else self.operator
        return NumberTest(operator, self.value, self.upper).q("number")

    def speak(self, speech: Speech) -> str:
        upper = None if self.upper is None else say_number(self.upper)
        return f"{self.parameter} {say_test(self.operator, say_number(self.value), upper)}"


class YesNoParameter(ParameterCondition):
    """A yes-or-no parameter."""

    label = gettext_lazy("Yes or no")
    type = ParameterType.BOOLEAN
    field: Literal["boolean"]
    parameter: ParameterKey
    value: Annotated[bool, Field(strict=True), Control("boolean")] = True

    def test(self, scope: Scope) -> Q:
        return Q(number=1.0 if self.value else 0.0)

    def speak(self, speech: Speech) -> str:
        return f"{self.parameter}: {_('yes') if self.value else _('no')}"


class DateParameter(ParameterCondition):
    """A date parameter, compared by whole local days."""

    label = gettext_lazy("Date")
    type = ParameterType.DATE
    field: Literal["date"]
    parameter: ParameterKey
    operator: DateOperator = DateOperator.IS
    window: Annotated[
        DateWindow | None,
        Control("window", ahead=True, shown_when={"operator": ("is", "is_not")}),
    ] = None

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if getattr(self.window, "zone", None) is not None:
            yield ("window", "zone"), _("A parameter's date goes by the workspace's time zone.")

    @property
    def is_negative(self) -> bool:
        return self.operator in (DateOperator.IS_NOT, DateOperator.HAS_NO_VALUE)

    def test(self, scope: Scope) -> Q:
        condition = Q(date__isnull=False)
        if self.window is None or isinstance(self.window, str):
            return condition
        bounds: DateBounds = self.window.date_bounds(scope.clock)
        if bounds.start is not None:
            condition &= Q(date__gte=bounds.start)
        if bounds.end is not None:
            condition &= Q(date__lt=bounds.end)
        return condition

    def speak(self, speech: Speech) -> str:
        window = say_window(self.window) if self.window is not None else ""
        return f"{self.parameter} {self.operator.label} {window}".strip()


PARAMETER_CONDITIONS = (TextParameter, NumberParameter, YesNoParameter, DateParameter)
ParameterConditions = conditions(*PARAMETER_CONDITIONS, noun="activity", parameters_of="kind")


class ActivityCriterion(CountingCriterion):
    """Activities of one kind that fulfil every condition, each on the same activity."""

    family = Family.ACTIVITIES

    @property
    def kind_key(self) -> str:
        """The kind asked about."""
        raise NotImplementedError

    @property
    def filters(self) -> list[ParameterCondition]:
        raise NotImplementedError

    def facts(self, scope: Scope) -> QuerySet[Any]:
        """The kind's activities before the instant."""
        return scope.facts(Activity).filter(
            kind_id__in=scope.ids_of("activity_kind", [self.kind_key])
        )

    def matching(self, scope: Scope) -> QuerySet[Any]:
        activities = self.facts(scope)
        for each in self.filters:
            activities = activities.filter(each.on_activity(self.kind_key, scope))
        return self.counted(scope.within(activities, self._window))

    @property
    def _window(self) -> Any:
        return self.window  # type: ignore[attr-defined]

    def present(self, scope: Scope) -> QuerySet[Any]:
        return self.facts(scope).values("contact_id")

    def recorded_sources(self) -> tuple[str, ...]:
        return (f"activities.{self.kind_key}",)

    def more_references(self) -> Iterator[Reference]:
        for index, each in enumerate(self.filters):
            key = f"{self.kind_key}.{each.key()}"
            path = ("where", index, "parameter" if hasattr(each, "parameter") else "field")
            yield Reference("activity_parameter", key, path, (each.type.value,))

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "where":
            return say_conditions(list(self.filters), speech, _("in one activity:"))
        return super().say_field(name, speech)


@criterion
class DidActivity(ActivityCriterion):
    """Did something of a kind the workspace defines: bought a ticket, submitted a form."""

    key = "activities.did"
    label = gettext_lazy("Activity")
    help = gettext_lazy("For example: did Bought a ticket with a price over 50 in the last year")
    icon = "activity"
    phrase = agreeing(
        "did “{kind}” {operator} {number} {upper} time {window} {where}",
        "did “{kind}” {operator} {number} {upper} times {window} {where}",
    )
    examples = (
        {"kind": "ticket_bought", "window": {"last": 365, "unit": "days"}},
        {
            "kind": "ticket_bought",
            "operator": "at_least",
            "number": 2,
            "where": [
                {"field": "number", "parameter": "price", "operator": "more_than", "value": 50},
                {"field": "text", "parameter": "size", "operator": "any_of", "values": ["L"]},
            ],
            "window": {"last": 6, "unit": "months"},
        },
        {
            "kind": "ticket_bought",
            "operator": "exactly",
            "number": 0,
            "where": [
                {"field": "text", "parameter": "size", "operator": "none_of", "values": ["L"]}
            ],
            "window": {"last": 30, "unit": "days"},
        },
        {
            "kind": "form_submitted",
            "where": [
                {"field": "text", "parameter": "form", "operator": "contains", "values": ["news"]}
            ],
            "window": "ever",
        },
    )

    kind: reference_text("activity_kind")  # type: ignore[valid-type]
    where: ParameterConditions = Field(default_factory=list)  # type: ignore[valid-type]
    window: Window = EVER

    @property
    def kind_key(self) -> str:
        return str(self.kind)

    @property
    def filters(self) -> list[ParameterCondition]:
        return list(self.where)


class LinkUrl(ClickCondition):
    """The address the link leads to."""

    label = gettext_lazy("Address")
    parameter_key = "url"
    field: Literal["url"]


class LinkName(ClickCondition):
    """What the link is called."""

    label = gettext_lazy("Link")
    parameter_key = "link"
    field: Literal["link"]


class LinkMedium(ClickCondition):
    """Where the link stood: sms, qr, print …"""

    label = gettext_lazy("Medium")
    parameter_key = "medium"
    field: Literal["medium"]


@criterion
class ClickedLink(ActivityCriterion):
    """Clicked a tracked link anywhere, also outside e-mail: redirects, QR codes."""

    key = "visits.clicked_link"
    label = gettext_lazy("Link click")
    help = gettext_lazy("For example: clicked a link whose address contains /catalogue")
    family = Family.VISITS
    icon = "link"
    phrase = agreeing(
        "clicked a tracked link {operator} {number} {upper} time {window} {where}",
        "clicked a tracked link {operator} {number} {upper} times {window} {where}",
    )
    examples = (
        {
            "where": [{"field": "url", "operator": "contains", "values": ["/catalogue"]}],
            "window": {"last": 14, "unit": "days"},
        },
        {
            "operator": "at_most",
            "number": 1,
            "where": [{"field": "medium", "operator": "any_of", "values": ["qr", "sms"]}],
        },
        {"operator": "exactly", "number": 0, "window": {"calendar": "this_quarter"}},
    )

    where: conditions(LinkUrl, LinkName, LinkMedium, noun="click") = Field(  # type: ignore[valid-type]
        default_factory=list
    )
    window: Window = EVER

    @property
    def kind_key(self) -> str:
        return LINK_CLICKED

    @property
    def filters(self) -> list[ParameterCondition]:
        return list(self.where)
