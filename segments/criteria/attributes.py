"""What is known of a contact: any attribute, now, at any time before, or for some time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import (
    Aggregate,
    Count,
    F,
    Func,
    Q,
    QuerySet,
    TextChoices,
)
from django.utils.translation import gettext_lazy
from pydantic import Field

from contacts.models import AttributeValue
from segments.criteria.base import Criterion, Family
from segments.criteria.scope import Scope
from segments.criteria.values import (
    Control,
)
from segments.criteria.windows import (
    Unit,
    shifted,
)


class History(TextChoices):
    """Whether the value is asked for now, at any time, or for some time until now."""

    NOW = "now", gettext_lazy("now")
    EVER = "ever", gettext_lazy("at any time")
    HELD = "held", gettext_lazy("for at least")


HELD_ONLY = {"history": ("held",)}


class RangeAggregate(Aggregate):
    """The union of ranges: PostgreSQL's `range_agg`."""

    function = "range_agg"
    output_field = DateTimeRangeField()


class ValidityRange(Func):
    """When a row held: `[valid_from, valid_to)`."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class Covers(Func):
    """Whether a union of ranges holds everything from one instant to another, both included."""

    template = "%(expressions)s"
    arg_joiner = " @> "


class AttributeCriterion(Criterion):
    """A question about one attribute; subclasses say which values pass.

    A negative question is everybody but the contacts the positive one matches, so it includes
    those without a value.
    """

    types: ClassVar[tuple[str, ...]] = ()
    family = Family.CONTACT

    history: History = History.NOW
    held_for: Annotated[
        Annotated[int, Field(ge=1, le=10_000, strict=True)] | None,
        Control("number", whole=True, shown_when=HELD_ONLY),
    ] = None
    held_unit: Annotated[Unit | None, Control("select", shown_when=HELD_ONLY)] = None

    def passing(self, rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        """The rows of the attribute's values that pass the positive question."""
        raise NotImplementedError

    @property
    def wanted_number(self) -> int:
        """How many different values a contact needs; 1 unless all of several are asked for."""
        return 1

    @property
    def is_about_value(self) -> bool:
        """Whether the question is only if there is a value."""
        return self._operator in ("has_value", "has_no_value")

    @property
    def _operator(self) -> str:
        return str(self.operator.value)  # type: ignore[attr-defined]

    @property
    def _attribute(self) -> str:
        return str(self.attribute)  # type: ignore[attr-defined]

    def matching(self, scope: Scope) -> QuerySet[Any]:
        attribute_id = scope.attribute_id(self._attribute)
        if self.history == History.NOW:
            rows = scope.valid(AttributeValue)
        else:
            rows = scope.ever_valid(AttributeValue)
        rows = self.passing(rows.filter(attribute_id=attribute_id), scope)
        if self.history == History.HELD:
            return self._held(rows, scope)
        return self._enough(rows)

    def _enough(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        contacts = rows.values("contact_id")
        if self.wanted_number == 1:
            return contacts
        counted = contacts.annotate(number=Count("text_norm", distinct=True))
        return counted.filter(number=self.wanted_number).values("contact_id")

    def _held(self, rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
        since = self._held_since(scope)
        if self.negated:
            # Not once in all that time, not even for a part of it.
            overlapping = Q(valid_to__isnull=True) | Q(valid_to__gt=since)
            return self._enough(rows.filter(overlapping))
        groups = ["contact_id"] if self.wanted_number == 1 else ["contact_id", "text_norm"]
        covering = (
            rows.values(*groups)
            .annotate(held=RangeAggregate(ValidityRange(F("valid_from"), F("valid_to"))))
            .filter(Q(_covers(since, scope.as_of)))
            .values("contact_id")
        )
        if self.wanted_number == 1:
            return covering
        values = covering.values("contact_id", "text_norm")
        return scope.contacts().filter(_all_values(values, scope, self)).values("pk")

    def _held_since(self, scope: Scope) -> datetime:
        return shifted(scope.clock, -(self.held_for or 1), self.held_unit or Unit.DAYS)
