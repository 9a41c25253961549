"""Dates among a contact's details."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import AttributeType
from segments.criteria.attributes import AttributeCriterion, History, attribute_of
from segments.criteria.base import Speech, criterion
from segments.criteria.scope import Scope
from segments.criteria.values import (
    Control,
)
from segments.criteria.windows import DateBounds, DateWindow, WindowKind, say_window


class DateOperator(TextChoices):
    """Whether a date lies in a window; the negative one includes contacts without a date."""

    IS = "is", gettext_lazy("is")
    IS_NOT = "is_not", gettext_lazy("is not")
    HAS_VALUE = "has_value", gettext_lazy("has a value")
    HAS_NO_VALUE = "has_no_value", gettext_lazy("has no value")


@criterion
class AttributeDate(AttributeCriterion):
    """A date, or a date with a time, with its year. Dates compare by whole local days."""

    key = "contacts.date"
    label = gettext_lazy("Date")
    help = gettext_lazy("For example: End of contract is in the next 30 days")
    icon = "calendar"
    phrase = gettext_lazy("have {attribute} that {operator} {window} {history}")
    examples = (
        {"attribute": "contract_end", "operator": "is", "window": {"next": 30, "unit": "days"}},
        {"attribute": "contract_end", "operator": "is_not", "window": {"next": 7, "unit": "days"}},
        {"attribute": "birthday", "operator": "is", "window": {"from": "1990-01-01"}},
        {
            "attribute": "contract_end",
            "operator": "is",
            "window": {"calendar": "this_month", "zone": "contact"},
        },
        {"attribute": "contract_end", "operator": "has_value"},
        {"attribute": "contract_end", "operator": "has_no_value"},
        {
            "attribute": "contract_end",
            "operator": "is",
            "window": {"older_than": 1, "unit": "years"},
            "history": "ever",
        },
    )

    attribute: attribute_of(AttributeType.DATE, AttributeType.DATETIME)  # type: ignore[valid-type]
    operator: DateOperator = DateOperator.IS
    window: Annotated[
        DateWindow | None,
        Control("window", ahead=True, shown_when={"operator": ("is", "is_not")}),
    ] = None

    @property
    def negated(self) -> bool:
        return self.operator in (DateOperator.IS_NOT, DateOperator.HAS_NO_VALUE)

    def passing(self, rows: QuerySet[Any], scope: Scope) -> list[QuerySet[Any]]:
        is_instant = scope.type_of("attribute", self.attribute) == AttributeType.DATETIME
        column = "instant" if is_instant else "date"
        rows = rows.filter(Q((f"{column}__isnull", False)))
        window = self.window
        if window is None or isinstance(window, str):
            return [rows]
        if is_instant:
            return [scope.within(rows, window, column)]
        return [rows.filter(scope.by_clock(window, lambda clock: _days(window.date_bounds(clock))))]

    def edges(self) -> tuple[WindowKind, ...]:
        window = self.window
        return (window,) if isinstance(window, WindowKind) else super().edges()

    def edge_column(self, scope: Scope) -> str:
        if self.history != History.NOW:
            return ""
        is_instant = scope.type_of("attribute", self.attribute) == AttributeType.DATETIME
        return "instant" if is_instant else "date"

    def question(self, speech: Speech) -> str:
        if self.window is None:
            return _("with any value")
        return _("that is {window}").format(window=say_window(self.window))


def _days(bounds: DateBounds) -> Q:
    condition = Q()
    if bounds.start is not None:
        condition &= Q(date__gte=bounds.start)
    if bounds.end is not None:
        condition &= Q(date__lt=bounds.end)
    return condition
