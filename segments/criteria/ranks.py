"""Ranks: the top or bottom by a statistic, and groups by recency, frequency and money.

Everybody who has the statistic is ranked, whoever is asked about; ties break by contact id.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    Max,
    Q,
    Sum,
    TextChoices,
)
from django.db.models import Window as OverRows
from django.db.models.expressions import OrderBy
from django.db.models.functions import CumeDist, Ntile, RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Family, Speech, criterion
from segments.criteria.evidence import Measured, MeasureUnit
from segments.criteria.purchase_conditions import EXACT
from segments.criteria.purchases import (
    PurchaseCriterion,
    Query,
)
from segments.criteria.scope import Scope
from segments.criteria.values import (
    Control,
    NumberOperator,
    NumberTest,
    Percent,
    say_percent,
    say_values,
)
from segments.criteria.windows import EVER, Window
from tracking.models import Visit

QUINTILES = 5


class RankedBy(TextChoices):
    """What contacts are ranked by."""

    AMOUNT = "amount_spent", gettext_lazy("amount spent")
    NUMBER = "number_of_orders", gettext_lazy("number of transactions")
    AVERAGE = "average_order", gettext_lazy("average transaction")
    MARGIN = "margin", gettext_lazy("margin")
    LAST_PURCHASE = "last_purchase", gettext_lazy("date of the last purchase")
    VISITS = "visits", gettext_lazy("number of visits")


class Direction(TextChoices):
    """Which end of the ranking."""

    TOP = "top", gettext_lazy("the highest")
    BOTTOM = "bottom", gettext_lazy("the lowest")


class RankUnit(TextChoices):
    """Whether the rank is a number of contacts or a part of those ranked."""

    CONTACTS = "contacts", gettext_lazy("contacts")
    PERCENT = "percent", gettext_lazy("per cent")


if TYPE_CHECKING:
    RankNumber = int | None
    RankPercent = float | None
else:
    RankNumber = Annotated[
        Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)] | None,
        Control("number", whole=True, shown_when={"unit": ("contacts",)}),
    ]
    RankPercent = Annotated[Percent | None, Control("percent", shown_when={"unit": ("percent",)})]


class _Ranking(PurchaseCriterion):
    """Ranks contacts of the whole universe, then narrows to those asked about."""

    family = Family.RANKS
    icon = "trophy"

    def everybody(self, scope: Scope) -> Scope:
        return scope.only(None)

    def grouped(self, rows: Query, everybody: Scope) -> Query:
        """The rows of live contacts, to be measured by contact."""
        live = everybody.contacts().values("pk")
        return rows.filter(contact_id__in=live).order_by().values("contact_id")

    def evidence(self, scope: Scope) -> tuple[Query, ...]:
        return (self.purchases(scope),)

    def narrowed(self, ranked: Query, scope: Scope) -> Query:
        if scope.contact_ids is None:
            return ranked
        return scope.contacts().filter(pk__in=ranked).values("pk")


@criterion
class InTop(_Ranking):
    """Among the top or bottom N, or p %, of the contacts that have the statistic."""

    key = "ranks.top"
    label = gettext_lazy("Top or bottom by a statistic")
    help = gettext_lazy("The 100 who spent most, the 10 % with the best margin …")
    phrase = gettext_lazy(
        "are among {direction} {number} {percent} {unit} by {by} {window} {statuses}"
    )
    examples = (
        {"by": "amount_spent", "number": 100},
        {"by": "number_of_orders", "number": 2, "window": {"last": 1, "unit": "years"}},
        {"by": "average_order", "unit": "percent", "percent": 10},
        {"by": "margin", "unit": "percent", "percent": 25, "window": {"last": 90, "unit": "days"}},
        {"by": "last_purchase", "direction": "bottom", "number": 3},
        {"by": "visits", "direction": "top", "number": 5},
    )

    direction: Direction = Direction.TOP
    by: RankedBy
    unit: RankUnit = RankUnit.CONTACTS
    number: RankNumber = None
    percent: RankPercent = None
    window: Window = EVER

    def matching(self, scope: Scope) -> Query:
        measured = self._measured(self.everybody(scope))
        is_top = self.direction == Direction.TOP
        best_first = _in_order("measure", is_descending=is_top)
        if self.percent is None:
            position = OverRows(RowNumber(), order_by=best_first)
            chosen = measured.alias(position=position).filter(position__lte=self.number)
        else:
            # From the worst on, the part up to each contact: those past the rest are chosen, at
            # least one (1 % of 40 contacts is the first of them). Equal fractions are equal
            # floats, because each is rounded once.
            worst_first = [part.copy() for part in best_first]
            for part in worst_first:
                part.reverse_ordering()
            rest = float((100 - Decimal(str(self.percent))) / 100)
            part_so_far = OverRows(CumeDist(), order_by=worst_first)
            chosen = measured.alias(part_so_far=part_so_far).filter(part_so_far__gt=rest)
        return self.narrowed(chosen.values("contact_id"), scope)

    def _measured(self, everybody: Scope) -> Query:
        if self.by == RankedBy.VISITS:
            visits = everybody.within(everybody.facts(Visit), self.window)
            return self.grouped(visits, everybody).annotate(measure=Count("pk"))
        if self.by == RankedBy.MARGIN:
            lines = self.lines(everybody).filter(cost__isnull=False)
            margin = Sum(F("amount") - F("cost"))
            return self.grouped(lines, everybody).annotate(measure=margin)
        spent = Sum("goods_amount", output_field=EXACT)
        measures: dict[RankedBy, Any] = {
            RankedBy.AMOUNT: spent,
            RankedBy.NUMBER: Count("pk"),
            RankedBy.AVERAGE: ExpressionWrapper(spent / Count("pk"), output_field=EXACT),
            RankedBy.LAST_PURCHASE: Max("occurred_at"),
        }
        purchases = self.grouped(self.purchases(everybody), everybody)
        return purchases.annotate(measure=measures[self.by])

    def evidence(self, scope: Scope) -> tuple[Query, ...]:
        if self.by == RankedBy.VISITS:
            return (scope.within(scope.facts(Visit), self.window),)
        return super().evidence(scope)

    def measured(self, scope: Scope) -> Measured | None:
        measured = self._measured(self.everybody(scope))
        order = _in_order("measure", is_descending=self.direction == Direction.TOP)
        place: Any = OverRows(RowNumber(), order_by=order)
        test, unit = NumberTest(NumberOperator.AT_MOST, self.number or 0), MeasureUnit.PLACES
        if self.percent is not None:
            place, unit = OverRows(CumeDist(), order_by=order), MeasureUnit.SHARE
            test = NumberTest(NumberOperator.AT_MOST, self.percent / 100)
        found = measured.annotate(place=place).values("contact_id", "place")
        return Measured(test, unit, found, of_nothing=None)

    def present(self, scope: Scope) -> Query:
        if self.by == RankedBy.VISITS:
            return scope.facts(Visit).values("contact_id")
        return super().present(scope)

    def recorded_sources(self) -> tuple[str, ...]:
        return ("visits",) if self.by == RankedBy.VISITS else ("transactions",)

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        if self.by == RankedBy.VISITS and self.statuses:
            yield ("statuses",), _("Visits have no status.")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "percent" and self.percent is not None:
            return say_percent(self.percent)
        return super().say_field(name, speech)


class Score(TextChoices):
    """A quintile, 5 the best."""

    ONE = "1", "1"
    TWO = "2", "2"
    THREE = "3", "3"
    FOUR = "4", "4"
    FIVE = "5", "5"


class RfmGroup(TextChoices):
    """Groups by recency and frequency: every contact with purchases is in exactly one."""

    CHAMPIONS = "champions", gettext_lazy("champions")
    LOYAL = "loyal", gettext_lazy("loyal")
    POTENTIAL = "potential", gettext_lazy("potentially loyal")
    NEW = "new", gettext_lazy("new")
    PROMISING = "promising", gettext_lazy("promising")
    NEED_ATTENTION = "need_attention", gettext_lazy("in need of attention")
    ABOUT_TO_SLEEP = "about_to_sleep", gettext_lazy("about to sleep")
    CANT_LOSE = "cant_lose", gettext_lazy("not to be lost")
    AT_RISK = "at_risk", gettext_lazy("at risk")
    HIBERNATING = "hibernating", gettext_lazy("hibernating")


# (recency scores, frequency scores) of each group.
RFM_GROUPS: dict[RfmGroup, tuple[tuple[int, ...], tuple[int, ...]]] = {
    RfmGroup.CHAMPIONS: ((5,), (4, 5)),
    RfmGroup.LOYAL: ((3, 4), (4, 5)),
    RfmGroup.POTENTIAL: ((4, 5), (2, 3)),
    RfmGroup.NEW: ((5,), (1,)),
    RfmGroup.PROMISING: ((4,), (1,)),
    RfmGroup.NEED_ATTENTION: ((3,), (3,)),
    RfmGroup.ABOUT_TO_SLEEP: ((3,), (1, 2)),
    RfmGroup.CANT_LOSE: ((1, 2), (5,)),
    RfmGroup.AT_RISK: ((1, 2), (3, 4)),
    RfmGroup.HIBERNATING: ((1, 2), (1, 2)),
}

if TYPE_CHECKING:
    Groups = list[RfmGroup]
    Scores = list[Score]
else:
    Groups = Annotated[list[RfmGroup], Field(max_length=len(RfmGroup)), Control("selects")]
    Scores = Annotated[list[Score], Field(max_length=len(Score)), Control("selects")]


@criterion
class InRfmGroup(_Ranking):
    """Fifths of the buyers in the window by last purchase, number of purchases and money spent.

    In any of the groups named, and with one of the scores named for each of the three.
    """

    key = "ranks.rfm"
    label = gettext_lazy("Recency, frequency, money")
    help = gettext_lazy("Champions, loyal, at risk …, or scores from 1 to 5 (best)")
    phrase = gettext_lazy(
        "are {groups} {recency} {frequency} {monetary} of the buyers {window} {statuses}"
    )
    examples = (
        {"groups": ["champions", "loyal"]},
        {"groups": ["at_risk"], "monetary": ["4", "5"], "window": {"last": 2, "unit": "years"}},
        {"recency": ["5"], "frequency": ["1", "2"], "monetary": ["3", "4", "5"]},
        {"recency": ["1", "2"]},
    )

    groups: Groups = Field(default_factory=list)
    recency: Scores = Field(default_factory=list)
    frequency: Scores = Field(default_factory=list)
    monetary: Scores = Field(default_factory=list)
    window: Window = EVER

    def matching(self, scope: Scope) -> Query:
        everybody = self.everybody(scope)
        measured = self.grouped(self.purchases(everybody), everybody).annotate(
            last_at=Max("occurred_at"), number=Count("pk"), spent=Sum("goods_amount")
        )
        scored = measured.alias(r=_fifth("last_at"), f=_fifth("number"), m=_fifth("spent"))
        return self.narrowed(scored.filter(self._scores_q()).values("contact_id"), scope)

    def _scores_q(self) -> Q:
        condition = Q()
        for group in self.groups:
            recency, frequency = RFM_GROUPS[group]
            condition |= Q(r__in=_fifths(recency), f__in=_fifths(frequency))
        named = ((self.recency, "r"), (self.frequency, "f"), (self.monetary, "m"))
        for scores, column in named:
            if scores:
                condition &= Q((f"{column}__in", _fifths(int(score) for score in scores)))
        return condition

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        if not (self.groups or self.recency or self.frequency or self.monetary):
            yield ("groups",), _("Choose a group or a score.")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "groups":
            if not self.groups:
                return _("those")
            return say_values([group.label for group in self.groups], _("or"))
        if name in ("recency", "frequency", "monetary") and getattr(self, name):
            names = {
                "recency": _("with recency {scores}"),
                "frequency": _("with frequency {scores}"),
                "monetary": _("with money {scores}"),
            }
            scores = say_values([score.value for score in getattr(self, name)], _("or"))
            return names[name].format(scores=scores)
        return super().say_field(name, speech)


def _fifth(measure: str) -> OverRows:
    """1 is the best fifth; a score is 6 less this."""
    order = _in_order(measure, is_descending=True)
    return OverRows(Ntile(num_buckets=QUINTILES), order_by=order)


def _in_order(measure: str, *, is_descending: bool) -> list[OrderBy]:
    """By the measure, ties by contact id."""
    return [OrderBy(F(measure), descending=is_descending), OrderBy(F("contact_id"))]


def _fifths(scores: Any) -> list[int]:
    return [QUINTILES + 1 - score for score in scores]
