"""Which products a message shows, as of the run's instant, in a few queries a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from babel.numbers import format_currency
from django.db.models import F, Max, Q, QuerySet

from campaigns.documents import ProductsBlock
from contacts.text import normalise
from segments.criteria.base import Criterion
from segments.criteria.purchases import PurchaseCriterion
from segments.criteria.scope import Scope
from segments.criteria.tree import Group, InvalidTree, Leaf, Node, Not, SegmentNode, parse_tree
from transactions.models import LineItem, Product, ProductAccessory, Transaction
from workspaces.models import Workspace
from workspaces.money import from_minor_units

LAST_PRODUCTS = 6

Shown = dict[str, str]


@dataclass
class Products:
    """Chooses products for the contacts of one run.

    `trees`: the criteria trees of the audience's segments, as frozen. What is the same for
    everybody is asked once.
    """

    workspace: Workspace
    as_of: datetime
    trees: Sequence[Any] = ()
    _same: dict[str, list[Shown]] = field(default_factory=dict)
    _criteria: list[Criterion] | None = None

    def of_block(self, block: ProductsBlock, contact_ids: Sequence[int]) -> dict[int, list[Shown]]:
        """What a block shows to each contact; nothing where there is nothing."""
        if block.source == "missing_accessories":
            chosen = self._missing_accessories(contact_ids)
        elif block.source == "matched":
            chosen = self._matched(contact_ids)
        else:
            key = block.model_dump_json()
            if key not in self._same:
                self._same[key] = self._for_everybody(block)
            return dict.fromkeys(contact_ids, self._same[key])
        shown = self._shown({pk for ids in chosen.values() for pk in ids[: block.number]})
        return {
            contact_id: [
                shown[pk] for pk in chosen.get(contact_id, ())[: block.number] if pk in shown
            ]
            for contact_id in contact_ids
        }

    def last_bought(self, contact_ids: Sequence[int]) -> dict[int, list[Shown]]:
        """The products each contact bought last, the newest first."""
        bought = self._bought(self._scope(contact_ids).bought_lines())
        chosen = {contact_id: ids[:LAST_PRODUCTS] for contact_id, ids in bought.items()}
        shown = self._shown({pk for ids in chosen.values() for pk in ids})
        return {
            contact_id: [shown[pk] for pk in chosen.get(contact_id, ()) if pk in shown]
            for contact_id in contact_ids
        }

    def examples(self) -> list[Shown]:
        """Some products of the shop, for messages to nobody."""
        ordered = self._sold().filter(is_in_stock=True).order_by("-added_at", "-pk")
        return [self._show(each) for each in ordered[:3]]

    # --- The same for everybody ----------------------------------------------------------------

    def _for_everybody(self, block: ProductsBlock) -> list[Shown]:
        products = self._sold()
        if block.source == "picked":
            found = {
                each.external_id: each for each in products.filter(external_id__in=block.products)
            }
            picked = [found[key] for key in block.products if key in found]
            return [self._show(each) for each in picked[: block.number]]
        products = products.filter(is_in_stock=True)
        if block.brand:
            products = products.filter(
                brand__key=normalise(block.brand), brand__workspace=self.workspace
            )
        if block.source == "brand_newest":
            ordered = products.order_by("-added_at", "-pk")
        else:
            # Margins in other currencies can't be compared with these.
            same_currency = products.filter(
                currency__in=["", self.workspace.base_currency],
                price__isnull=False,
                cost__isnull=False,
            )
            ordered = same_currency.order_by((F("price") - F("cost")).desc(), "pk")
        return [self._show(each) for each in ordered[: block.number]]

    # --- Each contact's own --------------------------------------------------------------------

    def _missing_accessories(self, contact_ids: Sequence[int]) -> dict[int, list[int]]:
        """Accessories of what a contact bought and has not bought, of the latest product first."""
        bought = self._bought(self._scope(contact_ids).bought_lines())
        accessories: dict[int, list[int]] = {}
        links = (
            ProductAccessory.objects.in_workspace(self.workspace)
            .filter(
                product__in={pk for ids in bought.values() for pk in ids},
                accessory__in=self._sold().filter(is_in_stock=True).values("pk"),
            )
            .order_by("product_id", "accessory_id")
        )
        for product_id, accessory_id in links.values_list("product_id", "accessory_id"):
            accessories.setdefault(product_id, []).append(accessory_id)
        return {
            contact_id: _distinct(
                pk for product in ids for pk in accessories.get(product, ()) if pk not in ids
            )
            for contact_id, ids in bought.items()
        }

    def _matched(self, contact_ids: Sequence[int]) -> dict[int, list[int]]:
        """The products in the purchases that made the contact match, the latest first."""
        scope, found = self._scope(contact_ids), dict[int, list[tuple[datetime, int]]]()
        for criterion in self._purchase_criteria():
            if criterion.negated:
                continue
            matching = set(criterion.matching(scope).values_list("contact_id", flat=True))
            for rows in criterion.evidence(scope):
                lines = _lines_of(rows, scope)
                if lines is not None:
                    for contact_id, product_id, at in _latest(lines):
                        if contact_id in matching:
                            found.setdefault(contact_id, []).append((at, product_id))
        return {
            contact_id: _distinct(
                pk for _at, pk in sorted(each, key=lambda e: (e[0], e[1]), reverse=True)
            )
            for contact_id, each in found.items()
        }

    def _purchase_criteria(self) -> list[Criterion]:
        if self._criteria is None:
            self._criteria = []
            for tree in self.trees:
                try:
                    root = parse_tree(tree, workspace=self.workspace).root
                except InvalidTree:
                    continue
                self._criteria += _wanted(root)
        return self._criteria

    # --- Rows ----------------------------------------------------------------------------------

    def _scope(self, contact_ids: Sequence[int]) -> Scope:
        return Scope(self.workspace, self.as_of).only(contact_ids)

    def _sold(self) -> Any:
        """Products that were offered at the instant."""
        return Product.objects.in_workspace(self.workspace).filter(
            Q(archived_at__isnull=True) | Q(archived_at__gt=self.as_of), added_at__lte=self.as_of
        )

    @staticmethod
    def _bought(lines: Any) -> dict[int, list[int]]:
        """Products by contact, the last bought first."""
        found: dict[int, list[int]] = {}
        for contact_id, product_id, _at in _latest(lines):
            found.setdefault(contact_id, []).append(product_id)
        return found

    def _shown(self, ids: Iterable[int]) -> dict[int, Shown]:
        products = Product.objects.in_workspace(self.workspace).filter(pk__in=list(ids))
        return {each.pk: self._show(each) for each in products}

    def _show(self, product: Product) -> Shown:
        price, currency = "", product.currency or self.workspace.base_currency
        if product.price is not None:
            amount = from_minor_units(product.price, currency)
            price = format_currency(
                amount, currency, locale=self.workspace.language.replace("-", "_") or "en"
            )
        return {
            "name": product.name,
            "url": product.url,
            "image_url": product.image_url,
            "price": price,
        }


def _latest(lines: Any) -> list[tuple[int, int, datetime]]:
    """(contact, product, when last bought), by contact, the latest first; ties by product."""
    rows = (
        lines.filter(product_id__isnull=False)
        .order_by()
        .values("contact_id", "product_id")
        .annotate(last=Max("occurred_at"))
        .values_list("contact_id", "product_id", "last")
    )
    return sorted(rows, key=lambda row: (row[0], -row[2].timestamp(), row[1]))


def _lines_of(rows: QuerySet[Any], scope: Scope) -> Any:
    """The bought lines a criterion's rows are or consist of; None where they are neither."""
    if rows.model is LineItem:
        return scope.bought_lines().filter(pk__in=rows.values("pk"))
    if rows.model is Transaction:
        return scope.bought_lines().filter(transaction_id__in=rows.values("pk"))
    return None


def _wanted(node: Node) -> Iterator[Criterion]:
    """Criteria about purchases that speak for a contact; what must not be so does not."""
    if node.is_disabled or isinstance(node, Not):
        return
    if isinstance(node, Leaf):
        if isinstance(node.criterion, PurchaseCriterion):
            yield node.criterion
    elif isinstance(node, SegmentNode):
        yield from _wanted(node.opened)
    elif isinstance(node, Group):
        for child in node.live:
            yield from _wanted(child)


def _distinct(ids: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(ids))
