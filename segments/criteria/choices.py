"""Details chosen from a list: one of many, many of many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import AttributeType
from segments.criteria.attributes import AttributeCriterion, History, attribute_of
from segments.criteria.base import Speech, criterion
from segments.criteria.scope import Scope
from segments.criteria.values import (
    TextOperator,
    TextTest,
    say_values,
    suggested_texts,
)

MAX_ALL = 20  # "all of" asks once for each


class ChoiceOperator(TextChoices):
    """One of many; the negative ones include contacts without a choice."""

    ANY_OF = "any_of", gettext_lazy("is any of")
    NONE_OF = "none_of", gettext_lazy("is none of")
    HAS_VALUE = "has_value", gettext_lazy("has a value")
    HAS_NO_VALUE = "has_no_value", gettext_lazy("has no value")


@criterion
class AttributeChoice(AttributeCriterion):
    """One of a list: gender, size …"""

    key = "contacts.choice"
    is_of_one_value = True
    label = gettext_lazy("One of a list")
    help = gettext_lazy("For example: Size is any of S, M")
    icon = "list"
    phrase = gettext_lazy("have {attribute} that {operator} {values} {history}")
    examples = (
        {"attribute": "size_choice", "operator": "any_of", "values": ["S", "M"]},
        {"attribute": "size_choice", "operator": "none_of", "values": ["L"]},
        {"attribute": "gender", "operator": "has_value"},
        {"attribute": "gender", "operator": "has_no_value"},
        {"attribute": "size_choice", "operator": "none_of", "values": ["S"], "history": "ever"},
    )

    attribute: attribute_of(AttributeType.CHOICE)  # type: ignore[valid-type]
    operator: ChoiceOperator = ChoiceOperator.ANY_OF
    values: (  # type: ignore[valid-type]
        suggested_texts("attribute_value", shown_when={"operator": ("any_of", "none_of")}) | None
    ) = None

    @property
    def negated(self) -> bool:
        return self.operator in (ChoiceOperator.NONE_OF, ChoiceOperator.HAS_NO_VALUE)

    def passing(self, rows: QuerySet[Any], scope: Scope) -> list[QuerySet[Any]]:
        return [rows.filter(_chosen(self.values))]

    def question(self, speech: Speech) -> str:
        if self.values is None:
            return _("with any value")
        values = say_values(self.values, _("or"))
        return _("that is {values}").format(values=values)


class ChoicesOperator(TextChoices):
    """Many of many; the negative ones include contacts without a choice."""

    ANY_OF = "any_of", gettext_lazy("has any of")
    ALL_OF = "all_of", gettext_lazy("has all of")
    NONE_OF = "none_of", gettext_lazy("has none of")
    NOT_ALL_OF = "not_all_of", gettext_lazy("lacks at least one of")
    HAS_VALUE = "has_value", gettext_lazy("has a value")
    HAS_NO_VALUE = "has_no_value", gettext_lazy("has no value")


_CHOOSING = ("any_of", "all_of", "none_of", "not_all_of")


@criterion
class AttributeChoices(AttributeCriterion):
    """Several of a list: interests, favourite brands …"""

    key = "contacts.choices"
    label = gettext_lazy("Several of a list")
    help = gettext_lazy("For example: Interests has all of sailing, cooking")
    icon = "list-checks"
    phrase = gettext_lazy("have {attribute} that {operator} {values} {history}")
    examples = (
        {"attribute": "interests", "operator": "any_of", "values": ["sailing", "cooking"]},
        {"attribute": "interests", "operator": "all_of", "values": ["sailing", "cooking"]},
        {"attribute": "interests", "operator": "none_of", "values": ["sailing"]},
        {"attribute": "interests", "operator": "not_all_of", "values": ["sailing", "cooking"]},
        {"attribute": "interests", "operator": "has_value"},
        {"attribute": "interests", "operator": "has_no_value"},
        {
            "attribute": "interests",
            "operator": "all_of",
            "values": ["sailing", "cooking"],
            "history": "held",
            "held_for": 3,
            "held_unit": "weeks",
        },
    )

    attribute: attribute_of(AttributeType.CHOICES)  # type: ignore[valid-type]
    operator: ChoicesOperator = ChoicesOperator.ANY_OF
    values: suggested_texts("attribute_value", shown_when={"operator": _CHOOSING}) | None = None  # type: ignore[valid-type]

    @property
    def negated(self) -> bool:
        return self.operator in (
            ChoicesOperator.NONE_OF,
            ChoicesOperator.NOT_ALL_OF,
            ChoicesOperator.HAS_NO_VALUE,
        )

    @property
    def _is_all(self) -> bool:
        return self.operator in (ChoicesOperator.ALL_OF, ChoicesOperator.NOT_ALL_OF)

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self._is_all and self.values and len(self.values) > MAX_ALL:
            yield ("values",), _("“All of” takes at most {number} values.").format(number=MAX_ALL)
        if self.operator == ChoicesOperator.NOT_ALL_OF and self.history != History.NOW:
            yield ("history",), _("“Lacks at least one of” is asked for now only.")

    def passing(self, rows: QuerySet[Any], scope: Scope) -> list[QuerySet[Any]]:
        if self._is_all:
            return [rows.filter(_chosen([value])) for value in self.values or ()]
        return [rows.filter(_chosen(self.values))]

    def question(self, speech: Speech) -> str:
        if self.values is None:
            return _("with any value")
        said = say_values(self.values, _("and") if self._is_all else _("or"))
        template = _("with all of {values}") if self._is_all else _("with any of {values}")
        return template.format(values=said)


def _chosen(values: list[str] | None) -> Q:
    if values is None:
        return Q(text_key__isnull=False)
    return TextTest(TextOperator.IS_ANY_OF, values).q("text_norm", "text_key")
