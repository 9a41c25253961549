"""What is known of a contact: any attribute, now, at any time before, or for some time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from contacts.models import AttributeType, AttributeValue
from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.evidence import Measured, MeasureUnit
from segments.criteria.measures import with_each
from segments.criteria.periods import held_at_all, held_throughout
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    POSITIVE,
    WITH_VALUES,
    Control,
    NumberOperator,
    NumberTest,
    NumberValue,
    TextOperator,
    TextTest,
    reference_text,
    say_number,
    say_test,
    say_values,
    suggested_texts,
)
from segments.criteria.windows import (
    EVER,
    Rolling,
    Unit,
    Window,
    WindowKind,
    say_units,
    shifted,
)


class History(TextChoices):
    """Whether the value is asked for now, at any time, or for some time until now."""

    NOW = "now", gettext_lazy("now")
    EVER = "ever", gettext_lazy("at any time")
    HELD = "held", gettext_lazy("for at least")


HELD_ONLY = {"history": ("held",)}
Length = Annotated[int, Field(ge=1, le=10_000, strict=True)]


class AttributeCriterion(Criterion):
    """A question about one attribute; subclasses say which values pass.

    A negative question is everybody but the contacts the positive one matches, so it includes
    those without a value.
    """

    family = Family.CONTACT
    # Whether one value, without anything else that is known of the contact, decides.
    is_of_one_value: ClassVar[bool] = False

    attribute: str
    history: History = History.NOW
    held_for: Annotated[Length | None, Control("number", whole=True, shown_when=HELD_ONLY)] = None
    held_unit: Annotated[Unit | None, Control("select", shown_when=HELD_ONLY)] = None

    def passing(self, rows: QuerySet[Any], scope: Scope) -> list[QuerySet[Any]]:
        """The rows that pass the positive question; of several querysets a contact needs each."""
        raise NotImplementedError

    def question(self, speech: Speech) -> str:
        """The positive question about the value in words: "that is any of Gdynia"."""
        raise NotImplementedError

    def matching(self, scope: Scope) -> QuerySet[Any]:
        rows = (
            scope.valid(AttributeValue)
            if self.history == History.NOW
            else scope.ever_valid(AttributeValue)
        )
        rows = rows.filter(attribute_id=scope.attribute_id(self.attribute))
        first, *others = (self._lasting(part, scope) for part in self.passing(rows, scope))
        for other in others:
            first = first.filter(contact_id__in=other)
        return first

    @property
    def asks_each_row(self) -> bool:
        return self.is_of_one_value and self.history == History.NOW

    def _lasting(self, rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        if self.history != History.HELD:
            return rows.values("contact_id")
        since = self._held_since(scope)
        if self.negated:  # not once in all that time
            return held_at_all(rows, since).values("contact_id")
        return held_throughout(rows, since, scope.as_of)

    def _held_since(self, scope: Scope) -> datetime:
        return shifted(scope.clock, -(self.held_for or 1), self.held_unit or Unit.DAYS)

    def evidence(self, scope: Scope) -> tuple[QuerySet[Any], ...]:
        """The values themselves, whether or not they pass."""
        if self.history == History.NOW:
            return (scope.attribute_values(self.attribute),)
        values = scope.ever_valid(AttributeValue)
        return (values.filter(attribute_id=scope.attribute_id(self.attribute)),)

    def present(self, scope: Scope) -> QuerySet[Any] | None:
        return scope.attribute_values(self.attribute).values("contact_id")

    def change(self, speech: Speech, *, holds: bool) -> str:
        attribute = speech.label("attribute", self.attribute)
        if self.history != History.NOW:
            return ""
        if holds != self.negated:
            return _("{attribute} changes to something else").format(attribute=attribute)
        text = _("{attribute} changes to one {question}")
        return text.format(attribute=attribute, question=self.question(speech))

    def recorded_sources(self) -> tuple[str, ...]:
        return (f"attribute.{self.attribute}",)

    def windows(self) -> tuple[WindowKind | str, ...]:
        if self.history == History.HELD and self.held_for and self.held_unit:
            return (Rolling(last=self.held_for, unit=self.held_unit),)
        return (EVER,) if self.history == History.EVER else ()

    def say(self, speech: Speech) -> str:
        said = {
            "attribute": speech.label("attribute", self.attribute),
            "question": self.question(speech),
            "period": say_units(self.held_for or 1, self.held_unit or Unit.DAYS),
        }
        phrases = {
            (History.NOW, False): _("have {attribute} {question}"),
            (History.NOW, True): _("don't have {attribute} {question}"),
            (History.EVER, False): _("have or had at any time {attribute} {question}"),
            (History.EVER, True): _("never had {attribute} {question}"),
            (History.HELD, False): _("have had {attribute} {question} for at least {period}"),
            (History.HELD, True): _("haven't had {attribute} {question} for at least {period}"),
        }
        return phrases[self.history, self.negated].format(**said)


def attribute_of(*types: AttributeType) -> Any:
    """An attribute of one of these types, by its key."""
    return reference_text("attribute", types=tuple(kind.value for kind in types))


@criterion
class AttributeText(AttributeCriterion):
    """A text attribute: city, company, job title … Spelling in capitals or not is the same."""

    key = "contacts.text"
    label = gettext_lazy("Text detail")
    is_of_one_value = True
    help = gettext_lazy("For example: City is any of Gdynia, Sopot")
    icon = "type"
    phrase = gettext_lazy("have {attribute} that {operator} {values} {history}")
    examples = (
        {"attribute": "city", "operator": "any_of", "values": ["Gdynia", "São Paulo"]},
        {"attribute": "city", "operator": "none_of", "values": ["Gdynia"]},
        {"attribute": "company", "operator": "contains", "values": ["100%_"]},
        {"attribute": "company", "operator": "not_contains", "values": ["GmbH"]},
        {"attribute": "job_title", "operator": "starts_with", "values": ["head"]},
        {"attribute": "job_title", "operator": "not_starts_with", "values": ["head"]},
        {"attribute": "email", "operator": "ends_with", "values": ["@example.org"]},
        {"attribute": "email", "operator": "not_ends_with", "values": ["@example.org"]},
        {"attribute": "postal_code", "operator": "matches", "values": ["81-?0*"]},
        {"attribute": "postal_code", "operator": "not_matches", "values": ["81-*"]},
        {"attribute": "industry", "operator": "has_value"},
        {"attribute": "industry", "operator": "has_no_value"},
        {"attribute": "city", "operator": "any_of", "values": ["Gdynia"], "history": "ever"},
        {
            "attribute": "city",
            "operator": "any_of",
            "values": ["Gdynia"],
            "history": "held",
            "held_for": 30,
            "held_unit": "days",
        },
        {
            "attribute": "city",
            "operator": "none_of",
            "values": ["Sopot"],
            "history": "held",
            "held_for": 2,
            "held_unit": "months",
        },
    )

    attribute: attribute_of(AttributeType.TEXT)  # type: ignore[valid-type]
    operator: TextOperator = TextOperator.IS_ANY_OF
    values: (  # type: ignore[valid-type]
        suggested_texts("attribute_value", shown_when={"operator": WITH_VALUES}) | None
    ) = None

    @property
    def negated(self) -> bool:
        return self.operator in POSITIVE

    def passing(self, rows: QuerySet[Any], scope: Scope) -> list[QuerySet[Any]]:
        positive = POSITIVE.get(self.operator, self.operator)
        test = TextTest(positive, self.values or ())
        return [rows.filter(test.q("text_norm", "text_key"))]

    def question(self, speech: Speech) -> str:
        positive = POSITIVE.get(self.operator, self.operator)
        if positive == TextOperator.HAS_VALUE:
            return _("with any value")
        values = say_values(self.values or [], _("or"))
        return _("that {operator} {values}").format(operator=positive.label, values=values)


class ValueOperator(TextChoices):
    """How a number is compared; comparisons never include contacts without one."""

    AT_LEAST = "at_least", gettext_lazy("is at least")
    MORE_THAN = "more_than", gettext_lazy("is more than")
    AT_MOST = "at_most", gettext_lazy("is at most")
    LESS_THAN = "less_than", gettext_lazy("is less than")
    EXACTLY = "exactly", gettext_lazy("is exactly")
    NOT_EXACTLY = "not_exactly", gettext_lazy("is not")
    BETWEEN = "between", gettext_lazy("is between")
    HAS_VALUE = "has_value", gettext_lazy("has a value")
    HAS_NO_VALUE = "has_no_value", gettext_lazy("has no value")


_NUMBER_NEGATED = (ValueOperator.NOT_EXACTLY, ValueOperator.HAS_NO_VALUE)
_ABOUT_VALUE = ("has_value", "has_no_value")
_COMPARING = tuple(o.value for o in ValueOperator if o.value not in _ABOUT_VALUE)


@criterion
class AttributeNumber(AttributeCriterion):
    """A number. "Is not" includes contacts without one; comparisons never do."""

    key = "contacts.number"
    is_of_one_value = True
    label = gettext_lazy("Number")
    help = gettext_lazy("For example: Shoe size is between 38 and 40")
    icon = "hash"
    phrase = gettext_lazy("have {attribute} that {operator} {value} {upper} {history}")
    examples = (
        {"attribute": "shoe_size", "operator": "at_least", "value": 38},
        {"attribute": "shoe_size", "operator": "more_than", "value": 37.5},
        {"attribute": "shoe_size", "operator": "at_most", "value": 41},
        {"attribute": "shoe_size", "operator": "less_than", "value": 41},
        {"attribute": "shoe_size", "operator": "exactly", "value": 40},
        {"attribute": "shoe_size", "operator": "not_exactly", "value": 40},
        {"attribute": "shoe_size", "operator": "between", "value": 38, "upper": 40},
        {"attribute": "shoe_size", "operator": "has_value"},
        {"attribute": "shoe_size", "operator": "has_no_value"},
        {"attribute": "shoe_size", "operator": "less_than", "value": 30, "history": "ever"},
        {
            "attribute": "shoe_size",
            "operator": "at_least",
            "value": 38,
            "history": "held",
            "held_for": 1,
            "held_unit": "years",
        },
    )

    attribute: attribute_of(AttributeType.NUMBER)  # type: ignore[valid-type]
    operator: ValueOperator
    value: Annotated[NumberValue | None, Control("number", shown_when={"operator": _COMPARING})] = (
        None
    )
    upper: Annotated[NumberValue | None, Control("number", shown_when=BETWEEN_ONLY)] = None

    @property
    def negated(self) -> bool:
        return self.operator in _NUMBER_NEGATED

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.value is not None and self.upper is not None and self.upper < self.value:
            yield ("upper",), _("The second number must not be the smaller.")

    def passing(self, rows: QuerySet[Any], scope: Scope) -> list[QuerySet[Any]]:
        if self.value is None:
            return [rows.filter(number__isnull=False)]
        operator = NumberOperator.EXACTLY if self.negated else NumberOperator(self.operator.value)
        return [rows.filter(NumberTest(operator, self.value, self.upper).q("number"))]

    def matching(self, scope: Scope) -> QuerySet[Any]:
        found = super().matching(scope)
        if self.value is None or self.history != History.NOW:
            return found
        operator = NumberOperator.EXACTLY if self.negated else NumberOperator(self.operator.value)
        test = NumberTest(operator, self.value, self.upper)
        compared: QuerySet[Any] = with_each(
            found, scope.attribute_values(self.attribute), "number", test
        )
        return compared

    def measured(self, scope: Scope) -> Measured | None:
        if self.value is None or self.history != History.NOW:
            return None
        values = scope.attribute_values(self.attribute).values("contact_id", "number")
        test = NumberTest(NumberOperator(self.operator.value), self.value, self.upper)
        return Measured(test, MeasureUnit.VALUE, values, of_nothing=None)

    def question(self, speech: Speech) -> str:
        if self.value is None:
            return _("with any value")
        operator = NumberOperator.EXACTLY if self.negated else NumberOperator(self.operator.value)
        upper = None if self.upper is None else say_number(self.upper)
        return _("that is {test}").format(test=say_test(operator, say_number(self.value), upper))


class YesNoOperator(TextChoices):
    """A yes-or-no detail; "is not" includes contacts about whom it isn't known."""

    YES = "yes", gettext_lazy("is yes")
    NO = "no", gettext_lazy("is no")
    NOT_YES = "not_yes", gettext_lazy("is not yes")
    NOT_NO = "not_no", gettext_lazy("is not no")
    HAS_VALUE = "has_value", gettext_lazy("has a value")
    HAS_NO_VALUE = "has_no_value", gettext_lazy("has no value")


@criterion
class AttributeBoolean(AttributeCriterion):
    """A yes-or-no detail."""

    key = "contacts.boolean"
    is_of_one_value = True
    label = gettext_lazy("Yes or no")
    help = gettext_lazy("For example: Is a student is yes")
    icon = "toggle-left"
    phrase = gettext_lazy("have {attribute} that {operator} {history}")
    examples = (
        {"attribute": "is_student", "operator": "yes"},
        {"attribute": "is_student", "operator": "no"},
        {"attribute": "is_student", "operator": "not_yes"},
        {"attribute": "is_student", "operator": "not_no"},
        {"attribute": "is_student", "operator": "has_value"},
        {"attribute": "is_student", "operator": "has_no_value", "history": "ever"},
    )

    attribute: attribute_of(AttributeType.BOOLEAN)  # type: ignore[valid-type]
    operator: YesNoOperator = YesNoOperator.YES

    @property
    def negated(self) -> bool:
        return self.operator in (
            YesNoOperator.NOT_YES,
            YesNoOperator.NOT_NO,
            YesNoOperator.HAS_NO_VALUE,
        )

    @property
    def _wanted(self) -> bool | None:
        if self.operator in (YesNoOperator.YES, YesNoOperator.NOT_YES):
            return True
        return False if self.operator in (YesNoOperator.NO, YesNoOperator.NOT_NO) else None

    def passing(self, rows: QuerySet[Any], scope: Scope) -> list[QuerySet[Any]]:
        if self._wanted is None:
            return [rows.filter(number__isnull=False)]
        return [rows.filter(number=1.0 if self._wanted else 0.0)]

    def question(self, speech: Speech) -> str:
        if self._wanted is None:
            return _("with any value")
        return _("that is yes") if self._wanted else _("that is no")


@criterion
class AttributeChanged(Criterion):
    """A value of the attribute began or ended in the window; its first value too."""

    key = "contacts.attribute_changed"
    label = gettext_lazy("Detail changed")
    help = gettext_lazy("For example: City changed in the last 30 days")
    family = Family.CONTACT
    icon = "history"
    phrase = gettext_lazy("had a change of {attribute} {window}")
    examples = (
        {"attribute": "city", "window": {"last": 30, "unit": "days"}},
        {"attribute": "shoe_size", "window": "ever"},
        {"attribute": "interests", "window": {"calendar": "previous_month"}},
    )

    attribute: reference_text("attribute")  # type: ignore[valid-type]
    window: Window

    def matching(self, scope: Scope) -> QuerySet[Any]:
        rows = scope.ever_valid(AttributeValue).filter(
            attribute_id=scope.attribute_id(self.attribute)
        )
        began = scope.within(rows, self.window, "valid_from")
        ended = scope.within(rows.filter(valid_to__lte=scope.as_of), self.window, "valid_to")
        return (began | ended).values("contact_id")  # type: ignore[no-any-return]

    def present(self, scope: Scope) -> QuerySet[Any]:
        rows = scope.ever_valid(AttributeValue)
        return rows.filter(attribute_id=scope.attribute_id(self.attribute)).values("contact_id")

    def recorded_sources(self) -> tuple[str, ...]:
        return (f"attribute.{self.attribute}",)
