"""The first, the last and the only purchase (semantics 21)."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Speech, criterion
from segments.criteria.purchase_conditions import PurchaseConditions
from segments.criteria.purchases import (
    PurchaseCriterion,
    Query,
)
from segments.criteria.scope import Scope
from segments.criteria.windows import EVER, Window


def first_purchases(purchases: Query) -> Query:
    """The first of each contact among these; of several at one instant, the one stored first."""
    ordered = purchases.order_by("contact_id", "occurred_at", "root_id")
    return purchases.filter(pk__in=ordered.distinct("contact_id").values("pk"))


def last_purchases(purchases: Query) -> Query:
    """The last of each contact among these."""
    ordered = purchases.order_by("contact_id", "-occurred_at", "-root_id")
    return purchases.filter(pk__in=ordered.distinct("contact_id").values("pk"))


class _OfAllPurchases(PurchaseCriterion):
    """The window is tested after the purchase was found among all there were."""

    def evidence(self, scope: Scope) -> tuple[Query, ...]:
        return (scope.purchases(self.statuses),)

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "window" and self.asked_window == EVER:
            return _("(at any time)")
        return super().say_field(name, speech)


class _PurchaseAtAnEnd(_OfAllPurchases):
    """One purchase is picked from all that were counted ever, then tested."""

    extreme: ClassVar[type[Min] | type[Max]]

    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    @property
    def rests_on_oldest(self) -> bool:
        return self.extreme is Min

    def picked(self, scope: Scope) -> Query:
        raise NotImplementedError

    def matching(self, scope: Scope) -> Query:
        if self.where:
            picked = self.picked(scope).filter(pk__in=self.fitting(scope, self.where).values("pk"))
            return scope.within(picked, self.window).values("contact_id")
        purchases = scope.purchases(self.statuses).order_by().values("contact_id")
        dated: Query = purchases.annotate(picked_at=self.extreme("occurred_at"))
        return scope.within(dated, self.window, "picked_at").values("contact_id")


@criterion
class FirstPurchase(_PurchaseAtAnEnd):
    """The first counted purchase ever lies in the window: new customers of the last N days."""

    key = "transactions.first_purchase"
    label = gettext_lazy("First purchase")
    help = gettext_lazy("The first purchase ever; in the last days it tells new customers")
    phrase = gettext_lazy("made their first purchase ever {window} {where} {statuses}")
    examples = (
        {"window": {"last": 30, "unit": "days"}},
        {"window": {"older_than": 1, "unit": "years"}},
        {
            "window": {"calendar": "this_year"},
            "where": [{"field": "coupon", "values": ["NARTY10"]}],
        },
        {"where": [{"field": "brand", "values": ["Nordica", "Salewa"]}]},
    )
    extreme = Min

    def picked(self, scope: Scope) -> Query:
        return first_purchases(scope.purchases(self.statuses))


@criterion
class LastPurchase(_PurchaseAtAnEnd):
    """The last counted purchase before the instant lies in the window."""

    key = "transactions.last_purchase"
    label = gettext_lazy("Last purchase")
    phrase = gettext_lazy("made their last purchase {window} {where} {statuses}")
    examples = (
        {"window": {"from": "2026-01-01"}},
        {"window": {"older_than": 180, "unit": "days"}},
        {
            "window": {"between": [30, 90], "unit": "days"},
            "where": [{"field": "product", "values": ["P-1"]}],
        },
        {"window": {"last_whole_days": 14, "zone": "contact"}},
    )
    extreme = Max

    def picked(self, scope: Scope) -> Query:
        return last_purchases(scope.purchases(self.statuses))


@criterion
class OnlyPurchase(_OfAllPurchases):
    """Exactly one counted purchase ever, and it lies in the window: no second purchase."""

    key = "transactions.only_purchase"
    label = gettext_lazy("One purchase, no second")
    help = gettext_lazy("Exactly one purchase ever, made in the window")
    phrase = gettext_lazy("made exactly one purchase ever, {window} {where} {statuses}")
    examples = (
        {"window": {"last": 90, "unit": "days"}},
        {"window": {"between": [14, 60], "unit": "days"}},
        {"where": [{"field": "category", "values": ["Ski boots"]}]},
    )

    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def matching(self, scope: Scope) -> Query:
        purchases = scope.purchases(self.statuses).order_by().values("contact_id")
        single: Query = purchases.annotate(number=Count("pk"), picked_at=Max("occurred_at"))
        single = single.filter(number=1)
        found = scope.within(single, self.window, "picked_at").values("contact_id")
        if not self.where:
            return found
        return self.fitting(scope, self.where).filter(contact_id__in=found).values("contact_id")
