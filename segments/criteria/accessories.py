"""Cross-selling: bought a product, lacks what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from django.db.models import Exists, OuterRef, Q, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from segments.criteria.base import Speech, criterion
from segments.criteria.purchases import (
    PurchaseCriterion,
    Query,
)
from segments.criteria.scope import Scope
from segments.criteria.values import MAX_VALUES, Control, Text
from segments.criteria.windows import EVER, Window
from transactions.models import ProductAccessory

if TYPE_CHECKING:
    Products = list[str]
else:
    Products = Annotated[
        list[Text],
        Field(max_length=MAX_VALUES),
        Control("references", reference="product", optional=True),
    ]


class Lacking(TextChoices):
    """How many of a product's accessories the contact has never bought."""

    AT_LEAST_ONE = "at_least_one", gettext_lazy("at least one of its accessories")
    ALL = "all", gettext_lazy("all of its accessories")


@criterion
class LacksAccessories(PurchaseCriterion):
    """Bought a product in the window and had not bought its accessories by the instant.

    Accessories no longer sold don't count; a product without accessories lacks none.
    """

    key = "transactions.lacks_accessories"
    label = gettext_lazy("Lacks accessories")
    help = gettext_lazy("Bought a product but never, up to now, what goes with it")
    icon = "plug"
    phrase = gettext_lazy("bought {products} {window} and lacks {lacking} {statuses}")
    examples = (
        {"products": ["P-1"], "window": {"last": 1, "unit": "months"}},
        {"products": ["P-1", "P-2"], "lacking": "all"},
        {"lacking": "at_least_one", "window": {"last": 90, "unit": "days"}},
    )

    products: Products = Field(default_factory=list)
    lacking: Lacking = Lacking.AT_LEAST_ONE
    window: Window = EVER

    def matching(self, scope: Scope) -> Query:
        lines = scope.within(scope.bought_lines(self.statuses), self.window)
        if self.products:
            lines = lines.filter(product_id__in=scope.ids_of("product", self.products))
        owned = Exists(
            scope.bought_lines(self.statuses).filter(
                contact_id=OuterRef(OuterRef("contact_id")), product_id=OuterRef("accessory_id")
            )
        )
        sold = Q(accessory__archived_at__isnull=True) | Q(accessory__archived_at__gt=scope.as_of)
        accessories = ProductAccessory.objects.in_workspace(scope.workspace).filter(
            sold, product_id=OuterRef("product_id")
        )
        if self.lacking == Lacking.AT_LEAST_ONE:
            return lines.filter(Exists(accessories.filter(~owned))).values("contact_id")
        lacking_all = lines.filter(Exists(accessories), ~Exists(accessories.filter(owned)))
        return lacking_all.values("contact_id")

    def say_field(self, name: str, speech: Speech) -> str:
        if name == "products" and not self.products:
            return _("any product")
        return super().say_field(name, speech)
