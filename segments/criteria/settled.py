"""Answers read from the statistics rows of contacts, where those say exactly what the facts do.

A row holds for every instant after its `settled_at`. So a question about everything a contact
bought is answered by the rows settled before the instant asked about, and by the transactions for
the few contacts that were not: at an instant long past those are all, and the rows say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, singledispatch
from itertools import product
from typing import Any

from django.db.models import F
from django.db.models.functions import Extract

from segments.criteria.amount_spent import AmountSpent, RefundDating
from segments.criteria.base import Criterion
from segments.criteria.first_and_last import FirstPurchase, LastPurchase, OnlyPurchase
from segments.criteria.lifecycle import Lifecycle, Stage, Subject
from segments.criteria.measures import Measure, measure_of, with_measure_of_both, with_totals
from segments.criteria.order_statistics import (
    AverageOrder,
    DaysBetweenOrders,
    DaysSinceLastOrder,
    LargestOrder,
    SmallestOrder,
)
from segments.criteria.purchases import (
    ConditionScope,
    PurchaseCriterion,
    Query,
    TestedStatistic,
    ratio_q,
)
from segments.criteria.scope import Scope, Standing
from segments.criteria.statistics import (
    Margin,
    NumberOfOrders,
    OrderTotal,
    ShippingPaid,
    UnitsBought,
)
from segments.criteria.transaction_source import (
    PurchaseSource,
    SourceQuantifier,
    TransactionSource,
)
from segments.criteria.transactions import Bought, CountedUnit
from segments.criteria.values import NumberOperator, NumberTest
from segments.criteria.windows import EVER, Since, WindowKind, WindowZone
from transactions.attribution import AttributionModel
from transactions.models import COUNTED_STATUSES, SOURCE_CHANNELS, ContactStatistics, source_bit

# With more contacts than this to be read from the transactions, reading all of them is as quick.
MANY = 20_000

# Settled rows narrowed to those of contacts that match; None: rows can't tell.
Kept = Query | None


def matching_of(criterion: Criterion, scope: Scope) -> Query:
    """What `criterion.matching(scope)` finds, from statistics rows as far as they tell.

    One column `contact_id`, repeats allowed; as a union it can't be filtered any further.
    """
    if criterion.asks_each_row:
        return _by_standing(criterion, scope)
    kept = kept_matching(criterion, _settled(scope), scope)
    return _answer(kept, criterion.matching, scope)


def _by_standing(criterion: Criterion, scope: Scope) -> Query:
    """Rows that still hold apart from those that have ended since: indexes know only one kind."""
    open_rows, ended = (
        criterion.matching(scope.with_rows(each)) for each in (Standing.OPEN, Standing.ENDED)
    )
    found: Query = open_rows.union(ended, all=True)
    if measure_of(open_rows) is not None:
        found.measure = compared_by(criterion, scope)
    return found


def compared_by(criterion: Criterion, scope: Scope) -> Measure | None:
    """What `matching_of` compares contacts by; None where that isn't known."""
    asks_each = criterion.asks_each_row
    return measure_of(criterion.matching(scope) if asks_each else matching_of(criterion, scope))


def present_of(criterion: Criterion, scope: Scope) -> Query | None:
    """The same for `criterion.present(scope)`."""
    kept = _kept_present(criterion, _settled(scope))
    if kept is None:
        return criterion.present(scope)
    return _answer(kept, lambda narrowed: criterion.present(narrowed), scope)


def _settled(scope: Scope) -> Query:
    return scope.rows(ContactStatistics).filter(settled_at__lt=scope.as_of)


def _answer(kept: Kept, make: Callable[[Scope], Any], scope: Scope) -> Query:
    if kept is None or not scope.once("most_are_settled", _most_are_settled, is_harmless=True):
        return make(scope)
    rest = make(scope.among(_unsettled(scope).values("contact_id")))
    return with_measure_of_both(kept.values("contact_id").union(rest, all=True), kept, rest)


def _unsettled(scope: Scope) -> Query:
    return scope.rows(ContactStatistics).filter(settled_at__gte=scope.as_of)


def _most_are_settled(scope: Scope) -> bool:
    """Whether rows are worth reading: both ways say the same, at any instant."""
    minute = scope.as_of.replace(second=0, microsecond=0)
    return not _more_are_unsettled(scope.workspace.pk, MANY, minute)


@lru_cache(maxsize=1_000)
def _more_are_unsettled(workspace_id: int, number: int, since: datetime) -> bool:
    """Found out once for all answers within a minute."""
    rows = ContactStatistics.objects.in_workspace(workspace_id).filter(settled_at__gte=since)
    return bool(rows.order_by("settled_at").values("settled_at")[number : number + 1])


def _asks_of_everything(criterion: PurchaseCriterion) -> bool:
    """Whether all counted purchases, and whole ones, are asked about."""
    return not getattr(criterion, "where", ()) and _asks_of_counted(criterion)


def _asks_ever(criterion: PurchaseCriterion) -> bool:
    """The same, at any time."""
    return criterion.asked_window == EVER and _asks_of_everything(criterion)


def _asks_of_counted(criterion: PurchaseCriterion) -> bool:
    return not criterion.statuses or set(criterion.statuses) == set(COUNTED_STATUSES)


def _kept_present(criterion: Criterion, settled: Query) -> Kept:
    buyers = settled.filter(number_of_orders__gte=1)
    if isinstance(criterion, Lifecycle):
        return buyers if criterion.subject == Subject.PURCHASE else None
    if not isinstance(criterion, PurchaseCriterion) or not _asks_of_counted(criterion):
        return None
    return buyers if type(criterion).present is PurchaseCriterion.present else None


# --- What rows tell of each criterion --------------------------------------------------------


@singledispatch
def kept_matching(criterion: Criterion, settled: Query, scope: Scope) -> Kept:
    """The settled rows of contacts that match; None where only the facts can tell."""
    return None


def _compared(criterion: TestedStatistic, settled: Query, scope: Scope, column: str) -> Kept:
    """As `TestedStatistic.compare`, on a column instead of a sum."""
    if not _asks_ever(criterion):
        return None
    test = criterion.test(scope)
    condition = test.fails_q(column) if criterion.negated else test.q(column)
    found = settled.filter(condition).exclude((column, None))
    return with_totals(found, settled, (column,), test, criterion.negated)


@kept_matching.register
def _(criterion: NumberOfOrders | Bought, settled: Query, scope: Scope) -> Kept:
    if isinstance(criterion, Bought) and (
        criterion.together_with or criterion.unit != CountedUnit.TRANSACTIONS
    ):
        return None
    if criterion.window != EVER and _is_of_any(criterion):
        return _bought_within(criterion, settled, scope)
    return _compared(criterion, settled, scope, "number_of_orders")


@kept_matching.register
def _(criterion: AmountSpent, settled: Query, scope: Scope) -> Kept:
    if criterion.refunds != RefundDating.OF_PURCHASE or criterion.scope == ConditionScope.IN_LINE:
        return None
    if criterion.scope == ConditionScope.ALTOGETHER:
        return _compared(criterion, settled, scope, "goods_amount")
    extremes = {
        NumberOperator.AT_LEAST: "largest_order",
        NumberOperator.MORE_THAN: "largest_order",
        NumberOperator.AT_MOST: "smallest_order",
        NumberOperator.LESS_THAN: "smallest_order",
    }
    column = extremes.get(criterion.operator)
    return None if column is None else _compared(criterion, settled, scope, column)


_COLUMNS: dict[type[TestedStatistic], str] = {
    OrderTotal: "total_amount",
    ShippingPaid: "shipping_amount",
    UnitsBought: "units",
    Margin: "margin",
    LargestOrder: "largest_order",
    SmallestOrder: "smallest_order",
}


@kept_matching.register
def _(criterion: TestedStatistic, settled: Query, scope: Scope) -> Kept:
    column = _COLUMNS.get(type(criterion))
    return None if column is None else _compared(criterion, settled, scope, column)


@kept_matching.register
def _(criterion: AverageOrder, settled: Query, scope: Scope) -> Kept:
    if not _asks_ever(criterion):
        return None
    buyers = settled.filter(number_of_orders__gte=1)
    total, number = F("goods_amount"), F("number_of_orders")
    found = ratio_q(criterion.positive, criterion.bounds(scope), total, number, buyers)
    columns = ("goods_amount", "number_of_orders")
    return with_totals(found, buyers, columns, criterion.ratio_test(scope), fails=False)


@kept_matching.register
def _(criterion: DaysBetweenOrders, settled: Query, scope: Scope) -> Kept:
    if not _asks_ever(criterion):
        return None
    several = settled.filter(number_of_orders__gte=2)
    span = Extract(F("last_at") - F("first_at"), "epoch")
    gaps = F("number_of_orders") - 1
    return ratio_q(criterion.positive, criterion.bounds(scope), span, gaps, several)


@kept_matching.register
def _(criterion: DaysSinceLastOrder, settled: Query, scope: Scope) -> Kept:
    if not _asks_of_everything(criterion):
        return None
    return settled.alias(last=F("last_at")).filter(criterion.days_ago(scope))


@kept_matching.register
def _(criterion: TransactionSource, settled: Query, scope: Scope) -> Kept:
    by_visit = criterion.model == AttributionModel.VISIT
    if not _asks_ever(criterion) or not by_visit or criterion.utm:
        return None
    inside = _bits_of(criterion)
    within = settled.alias(inside=F("sources").bitand(inside))
    if criterion.quantifier in (SourceQuantifier.ANY, SourceQuantifier.NONE):
        return within.filter(inside__gt=0)
    if criterion.quantifier == SourceQuantifier.ONLY:
        return within.filter(sources__gt=0, inside=F("sources"))
    return None


def _bits_of(criterion: TransactionSource) -> int:
    """The bits of all sources that are among those named."""
    bits = 0
    for channel, is_paid, has_utm in product(SOURCE_CHANNELS, (False, True), (False, True)):
        is_named = (
            channel in criterion.channels
            or (is_paid and PurchaseSource.AD in criterion.channels)
            or (has_utm and PurchaseSource.UTM in criterion.channels)
        )
        if is_named:
            bits |= source_bit(channel, is_paid=is_paid, has_utm=has_utm)
    return bits


# --- Dates of the first and the last purchase ------------------------------------------------


@kept_matching.register
def _(criterion: FirstPurchase | LastPurchase, settled: Query, scope: Scope) -> Kept:
    if not _asks_of_everything(criterion):
        return None
    column = "first_at" if isinstance(criterion, FirstPurchase) else "last_at"
    return scope.within(settled.exclude((column, None)), criterion.window, column)


@kept_matching.register
def _(criterion: OnlyPurchase, settled: Query, scope: Scope) -> Kept:
    if not _asks_of_everything(criterion):
        return None
    return scope.within(settled.filter(number_of_orders=1), criterion.window, "last_at")


@kept_matching.register
def _(criterion: Lifecycle, settled: Query, scope: Scope) -> Kept:
    if criterion.subject != Subject.PURCHASE or criterion.window is None:
        return None
    if criterion.stage == Stage.FIRST_TIME:
        return scope.within(settled.exclude(first_at=None), criterion.window, "first_at")
    if criterion.stage == Stage.STOPPED and _deciding_column(criterion.window, scope) == "last_at":
        # Something before the window's beginning, and nothing from there on.
        start = (
            None
            if isinstance(criterion.window, str)
            else criterion.window.bounds(scope.clock).start
        )
        return None if start is None else settled.filter(last_at__lt=start)
    return None


def _bought_within(criterion: NumberOfOrders | Bought, settled: Query, scope: Scope) -> Kept:
    """Who bought at all in a window that has no end yet, or no beginning."""
    column = _deciding_column(criterion.window, scope)
    if column is None or not _asks_of_everything(criterion):
        return None
    return scope.within(settled.exclude((column, None)), criterion.window, column)


def _is_of_any(criterion: NumberOfOrders | Bought) -> bool:
    """Whether having bought at all decides: "at least once", "never"."""
    passes = NumberTest(criterion.operator, criterion.number, criterion.upper).passes
    above = (1, criterion.number, criterion.number + 1, (criterion.upper or 0) + 1, 2_000_000_000)
    return all(passes(each) != criterion.negated for each in above if each >= 1)


def _deciding_column(window: WindowKind | str, scope: Scope) -> str | None:
    """The purchase that lies in the window if any does: the last, the first, or (None) another."""
    if isinstance(window, str) or getattr(window, "zone", None) == WindowZone.CONTACT:
        return None
    bounds = window.bounds(scope.clock)
    if isinstance(window, Since) or (
        bounds.start is not None and (bounds.end is None or bounds.end >= scope.as_of)
    ):
        return "last_at"
    return "first_at" if bounds.start is None and bounds.end is not None else None
