"""Conditions inside a criterion: filters that bind to the same visit, activity or line."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce
from typing import Annotated, Any, ClassVar, Union, get_args

from django.db.models import Q, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Discriminator, Field, Tag

from segments.criteria.base import Speech
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
    Texts,
    TextTest,
    Value,
    say_number,
    say_test,
    say_values,
)

MAX_CONDITIONS = 20


class Condition(Value):
    """One filter on a row. Subclasses fix `field` to a literal and say which column it means."""

    label: ClassVar[str | Promise]
    columns: ClassVar[dict[str, str]] = {}

    def q(self, scope: Scope) -> Q:
        """The filter on the fact's own columns."""
        raise NotImplementedError

    def speak(self, speech: Speech) -> str:
        raise NotImplementedError

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The literals of `field`: the names by which documents choose this class."""
        return get_args(cls.model_fields["field"].annotation)


class TextCondition(Condition):
    """A normalised text column of the row; an empty one has no value."""

    column: ClassVar[str]
    operator: TextOperator = TextOperator.IS_ANY_OF
    values: Annotated[Texts | None, Control("texts", shown_when={"operator": WITH_VALUES})] = None

    def q(self, scope: Scope) -> Q:
        positive = POSITIVE.get(self.operator)
        passing = self.passing(TextTest(positive or self.operator, self.values or ()), scope)
        return ~passing if positive else passing

    def passing(self, test: TextTest, scope: Scope) -> Q:
        """Rows that pass the positive test."""
        return test.q(self.column)

    def speak(self, speech: Speech) -> str:
        values = say_values(self.values, _("or")) if self.values else ""
        return f"{self.label} {self.operator.label} {values}".strip()


class NumberCondition(Condition):
    """A number column of the row; a missing one passes "not exactly" only."""

    column: ClassVar[str]
    operator: NumberOperator
    value: NumberValue
    upper: Annotated[NumberValue | None, Control("number", shown_when=BETWEEN_ONLY)] = None

    def stored(self, scope: Scope, number: float) -> float:
        """The number in storage units."""
        return number

    def q(self, scope: Scope) -> Q:
        upper = None if self.upper is None else self.stored(scope, self.upper)
        return NumberTest(self.operator, self.stored(scope, self.value), upper).q(self.column)

    def speak(self, speech: Speech) -> str:
        upper = None if self.upper is None else say_number(self.upper)
        return f"{self.label} {say_test(self.operator, say_number(self.value), upper)}"


class ReferenceOperator(TextChoices):
    """Any or none of the things named."""

    ANY_OF = "any_of", gettext_lazy("is any of")
    NONE_OF = "none_of", gettext_lazy("is none of")


class ReferenceCondition(Condition):
    """A foreign key of the row: subclasses declare `values` by `reference_texts`."""

    column: ClassVar[str]
    reference: ClassVar[str]
    operator: ReferenceOperator = ReferenceOperator.ANY_OF

    def q(self, scope: Scope) -> Q:
        ids = scope.ids_of(self.reference, self.values)  # type: ignore[attr-defined]
        found = Q((f"{self.column}__in", ids))
        if self.operator == ReferenceOperator.ANY_OF:
            return found
        return Q((f"{self.column}__isnull", True)) | ~found

    def speak(self, speech: Speech) -> str:
        named = [speech.label(self.reference, key) for key in self.values]  # type: ignore[attr-defined]
        return f"{self.label} {self.operator.label} {say_values(named, _('or'))}"


class FlagCondition(Condition):
    """A yes/no column of the row."""

    column: ClassVar[str]
    value: Annotated[bool, Field(strict=True), Control("boolean")] = True

    def q(self, scope: Scope) -> Q:
        return Q((self.column, self.value))

    def speak(self, speech: Speech) -> str:
        return f"{self.label}: {_('yes') if self.value else _('no')}"


def conditions(*kinds: type[Condition], **extras: Any) -> Any:
    """The type of a parameter that holds a list of these conditions, all of which must hold."""
    names = {name: kind for kind in kinds for name in kind.field_names()}
    # Tags carry a colon so that error paths can leave them out.
    options = tuple(Annotated[kind, Tag(f"condition:{kind.__name__}")] for kind in kinds)

    def kind_of(value: Any) -> str | None:
        if isinstance(value, Condition):
            return f"condition:{type(value).__name__}"
        name = value.get("field") if isinstance(value, dict) else None
        kind = names.get(name) if isinstance(name, str) else None
        return f"condition:{kind.__name__}" if kind else None

    choice = Discriminator(
        kind_of,
        custom_error_type="condition_unknown",
        custom_error_message=str(_("This condition isn't known here.")),
    )
    union = options[0] if len(options) == 1 else Union[options]  # noqa: UP007 (made at run time)
    return Annotated[
        list[Annotated[union, choice]],  # type: ignore[valid-type]
        Field(max_length=MAX_CONDITIONS),
        Control("conditions", conditions=kinds, **extras),
    ]


def all_of(filters: Iterable[Condition], scope: Scope) -> Q:
    """Every condition, on the same row."""
    return reduce(operator.and_, (condition.q(scope) for condition in filters), Q())
