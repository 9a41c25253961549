"""What a contact spent: altogether, in one transaction or in one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import F, Q, Sum, TextChoices
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Speech, criterion
from segments.criteria.evidence import Measured, MeasureUnit, rows_behind
from segments.criteria.purchase_conditions import (
    PurchaseConditions,
    line_q,
    names_lines,
    transaction_q,
)
from segments.criteria.purchases import (
    ConditionScope,
    Query,
    TestedStatistic,
    UpperMoney,
)
from segments.criteria.scope import Scope
from segments.criteria.values import Money
from segments.criteria.windows import EVER, Window
from transactions.models import COUNTED_STATUSES, LineItem, Transaction, TransactionKind


class RefundDating(TextChoices):
    """When a refund lowers what was spent (semantics 19)."""

    OF_PURCHASE = "of_purchase", gettext_lazy("refunds counted when the purchase was made")
    BY_REFUND_DATE = "by_refund_date", gettext_lazy("refunds counted when they were made")


@criterion
class AmountSpent(TestedStatistic):
    """Total paid for goods over a window. A contact without transactions has spent nothing."""

    key = "transactions.amount_spent"
    label = gettext_lazy("Amount spent")
    help = gettext_lazy("Paid for goods: after discounts, with tax, without shipping, less refunds")
    phrase = gettext_lazy(
        "spent {operator} {amount} {upper} {scope} {where} {window} {refunds} {statuses}"
    )
    compared_field = "amount"
    measure_unit = MeasureUnit.MONEY
    examples = (
        {"operator": "at_least", "amount": "100.00", "window": {"last": 30, "unit": "days"}},
        {"operator": "less_than", "amount": "100.00"},
        {"operator": "between", "amount": "100.00", "upper": "499.99"},
        {"operator": "at_most", "amount": "0.00", "window": {"calendar": "previous_month"}},
        {"operator": "exactly", "amount": "11.77"},
        {"operator": "not_exactly", "amount": "120.50"},
        {
            "operator": "more_than",
            "amount": "300.00",
            "where": [{"field": "brand", "values": ["Nordica"]}],
            "window": {"last": 6, "unit": "months"},
        },
        {
            "operator": "at_least",
            "amount": "150.00",
            "where": [
                {"field": "category", "values": ["Ski boots"]},
                {"field": "coupon", "operator": "has_no_value"},
            ],
            "scope": "in_transaction",
        },
        {
            "operator": "at_least",
            "amount": "80.00",
            "where": [{"field": "product", "operator": "none_of", "values": ["P-1"]}],
            "scope": "in_line",
        },
        {
            "operator": "at_most",
            "amount": "50.00",
            "window": {"last": 90, "unit": "days"},
            "refunds": "by_refund_date",
        },
    )

    amount: Money
    upper: UpperMoney = None
    where: PurchaseConditions = Field(default_factory=list)
    scope: ConditionScope = ConditionScope.ALTOGETHER
    window: Window = EVER
    refunds: RefundDating = RefundDating.OF_PURCHASE

    @property
    def negated(self) -> bool:
        # "In one transaction" needs one; only the sum over all of nothing is 0.
        return self.scope == ConditionScope.ALTOGETHER and self.passes_zero()

    def rows_and_statistic(self, scope: Scope) -> tuple[Query, Any]:
        if self.refunds == RefundDating.BY_REFUND_DATE:
            return self._by_refund_date(scope)
        rows = self.rows(scope, self.where)
        return rows.queryset, Sum(rows.amount)

    def matching(self, scope: Scope) -> Query:
        if self.scope == ConditionScope.ALTOGETHER:
            return super().matching(scope)
        rows = self.rows(scope, self.where)
        test = self.test(scope)
        if self.scope == ConditionScope.IN_LINE:
            lines = self.lines(scope).filter(line_q(self.where, scope))
            return lines.filter(test.q("amount")).values("contact_id")
        if not names_lines(self.where):
            return rows.queryset.filter(test.q(rows.amount)).values("contact_id")
        sums = rows.queryset.order_by().values("contact_id", "transaction_id")
        sums = sums.annotate(statistic=Sum(rows.amount))
        return sums.filter(test.q("statistic")).values("contact_id")

    def evidence(self, scope: Scope) -> tuple[Query, ...]:
        if self.scope != ConditionScope.ALTOGETHER:
            return rows_behind(self.matching(scope))
        return (self.rows(scope, self.where).queryset,)  # not every version of a purchase

    def measured(self, scope: Scope) -> Measured | None:
        return super().measured(scope) if self.scope == ConditionScope.ALTOGETHER else None

    def _by_refund_date(self, scope: Scope) -> tuple[Query, Any]:
        """What was bought in the window less what was refunded in it.

        Each version carries what had been refunded by then: what the versions begun in the window
        carry, less what those ended in it carried, is what was refunded in it.
        """
        of_lines = names_lines(self.where)
        paid = "amount" if of_lines else "goods_amount"
        versions = self._versions_of_lines(scope) if of_lines else self._versions(scope)
        stands = Q(superseded_at__isnull=True) | Q(superseded_at__gt=scope.as_of)
        bought = scope.window_q(self.window) & stands
        begun = scope.window_q(self.window, "version_from")
        ended = scope.window_q(self.window, "superseded_at") & Q(superseded_at__lte=scope.as_of)
        spent = (
            Coalesce(Sum(F(paid) + F("refunded_amount"), filter=bought), 0)
            - Coalesce(Sum("refunded_amount", filter=begun), 0)
            + Coalesce(Sum("refunded_amount", filter=ended), 0)
        )
        return versions, spent

    def _versions(self, scope: Scope) -> Query:
        standing = self._standing(scope).filter(transaction_q(self.where, scope))
        return self._history(Transaction, standing, scope)

    def _versions_of_lines(self, scope: Scope) -> Query:
        versions = self._history(LineItem, self._standing(scope), scope)
        return versions.alias(margin=F("amount") - F("cost")).filter(line_q(self.where, scope))

    def _standing(self, scope: Scope) -> Query:
        """The purchases that count now, whatever was said of them before."""
        return scope.facts(Transaction).filter(
            Q(superseded_at__isnull=True) | Q(superseded_at__gt=scope.as_of),
            kind=TransactionKind.PURCHASE,
            stated_status__in=self.statuses or COUNTED_STATUSES,
            version_from__lte=scope.as_of,
        )

    def _history(self, model: type[Any], standing: Query, scope: Scope) -> Query:
        versions = scope.facts(model).filter(version_from__lte=scope.as_of)
        return versions.filter(root_id__in=standing.values("root_id"))

    def check(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from super().check()
        by_refund = self.refunds == RefundDating.BY_REFUND_DATE
        if by_refund and self.scope != ConditionScope.ALTOGETHER:
            yield ("refunds",), _("Refunds by their own date are counted altogether only.")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "refunds" and self.refunds == RefundDating.OF_PURCHASE:
            return ""
        return super().say_field(name, speech)
