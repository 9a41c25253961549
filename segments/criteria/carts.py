"""Carts: abandoned, or converted to a purchase."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from django.db.models import F, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Criterion, Family, Speech, criterion
from segments.criteria.purchase_conditions import (
    PurchaseConditions,
    line_q,
    names_lines,
    say_conditions,
    transaction_q,
)
from segments.criteria.purchases import Query
from segments.criteria.scope import Scope
from segments.criteria.values import Control
from segments.criteria.windows import EVER, Unit, Window, say_units
from transactions.models import TransactionStatus

MAX_HOURS = 24 * 366

if TYPE_CHECKING:
    Hours = int | None
else:
    Hours = Annotated[
        Annotated[int, Field(ge=1, le=MAX_HOURS, strict=True)] | None,
        Control("number", whole=True, shown_when={"state": ("abandoned",)}),
    ]


class CartState(TextChoices):
    """What became of the cart by the instant."""

    ABANDONED = "abandoned", gettext_lazy("abandoned a cart")
    CONVERTED = "converted", gettext_lazy("turned a cart into a purchase")


@criterion
class HasCart(Criterion):
    """Filled a cart in the window and left it for N hours without buying it, or bought it."""

    key = "transactions.cart"
    label = gettext_lazy("Cart")
    help = gettext_lazy("Abandoned carts, or carts that became a purchase")
    family = Family.TRANSACTIONS
    icon = "shopping-cart"
    sources = ("transactions",)
    phrase = gettext_lazy("{state} {hours} {where} {window}")
    examples = (
        {"state": "abandoned", "hours": 4, "window": {"last": 7, "unit": "days"}},
        {
            "state": "abandoned",
            "hours": 24,
            "where": [{"field": "product", "values": ["P-1"]}],
        },
        {"state": "converted", "window": {"last": 30, "unit": "days"}},
        {
            "state": "converted",
            "where": [{"field": "transaction_amount", "operator": "at_least", "value": "100.00"}],
        },
    )

    state: CartState
    hours: Hours = None
    where: PurchaseConditions = Field(default_factory=list)
    window: Window = EVER

    def matching(self, scope: Scope) -> Query:
        carts = scope.within(self._carts(scope), self.window)
        if names_lines(self.where):
            lines = scope.cart_lines().alias(margin=F("amount") - F("cost"))
            fitting = lines.filter(line_q(self.where, scope))
            carts = carts.filter(pk__in=fitting.values("transaction_id"))
        else:
            carts = carts.filter(transaction_q(self.where, scope))
        if self.state == CartState.CONVERTED:
            return carts.exclude(converted_to="").values("contact_id")
        left_at = scope.as_of - timedelta(hours=self.hours or 0)
        return carts.filter(converted_to="", occurred_at__lte=left_at).values("contact_id")

    def present(self, scope: Scope) -> Query:
        return self._carts(scope).values("contact_id")

    def _carts(self, scope: Scope) -> Query:
        void = (TransactionStatus.CANCELLED, TransactionStatus.TEST)
        return scope.carts().exclude(status__in=void)

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "hours" and self.hours is not None:
            return _("(not bought for {period})").format(period=say_units(self.hours, Unit.HOURS))
        if name == "where" and self.where:
            return _("where {conditions}").format(conditions=say_conditions(self.where, speech))
        return super().say_field(name, speech)
