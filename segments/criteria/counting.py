"""How many facts of a kind a contact has. No facts at all count as zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from django.db.models import Count as CountRows
from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _

from segments.criteria.base import Criterion, Speech
from segments.criteria.evidence import Measured, MeasureUnit
from segments.criteria.measures import with_measure
from segments.criteria.scope import Scope
from segments.criteria.values import (
    BETWEEN_ONLY,
    Control,
    Count,
    NumberOperator,
    NumberTest,
    say_number,
    say_test,
)


class CountingCriterion(Criterion):
    """A number of facts compared: "at most 2" includes contacts without any."""

    operator: NumberOperator = NumberOperator.AT_LEAST
    number: Count = 1
    upper: Annotated[Count | None, Control("number", whole=True, shown_when=BETWEEN_ONLY)] = None

    @property
    def test(self) -> NumberTest:
        return NumberTest(self.operator, self.number, self.upper)

    @property
    def negated(self) -> bool:
        """Whether nothing at all passes: then everybody but the contacts that fail is meant."""
        return self.test.passes(0)

    @property
    def is_plain(self) -> bool:
        """Whether having any fact decides it, so that nothing needs counting."""
        passes = self.test.passes
        above = (1, self.number, self.number + 1, (self.upper or 0) + 1, 2_000_000_000)
        return all(passes(each) != self.negated for each in above if each >= 1)

    def counted(self, facts: QuerySet[Any]) -> QuerySet[Any]:
        """Contact ids for `matching`: those whose number of facts decides."""
        if self.is_plain:
            return facts.values("contact_id")
        number = CountRows("pk")
        numbers: QuerySet[Any] = facts.values("contact_id")
        numbers = numbers.annotate(number_of_facts=number)
        test = self.test.fails_q if self.negated else self.test.q
        found = numbers.filter(test("number_of_facts")).values("contact_id")
        measured: QuerySet[Any] = with_measure(found, facts, number, self.test, self.negated)
        return measured

    def measured(self, scope: Scope) -> Measured | None:
        return Measured(self.test, MeasureUnit.FACTS, weight=Value(1))

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.upper is not None and self.upper < self.number:
            yield ("upper",), _("The second number must not be the smaller.")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "operator":
            upper = None if self.upper is None else say_number(self.upper)
            return say_test(self.operator, say_number(self.number), upper)
        if name in ("number", "upper"):
            return ""
        return super().say_field(name, speech)
