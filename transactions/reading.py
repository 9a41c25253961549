"""Sums over what was sold, for pages. Counted: paid and fulfilled purchases, less refunds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth

from transactions.models import COUNTED_STATUSES, LineItem, NamedModel, Product, TransactionKind
from workspaces.models import Workspace

N = TypeVar("N", bound=NamedModel)
MONTHS = 12


@dataclass(frozen=True)
class Sold:
    """What was sold of something: thousandths of pieces, people, base minor units."""

    units: int = 0
    buyers: int = 0
    amount: int = 0


def with_number_of_products(
    named: QuerySet[N], link: Literal["brand", "category"]
) -> QuerySet[Any]:
    """Brands or categories with `number_of_products`."""
    # Grouping by the primary key doesn't work: it is (workspace, id) in the database.
    products = Product.objects.filter(workspace_id=OuterRef("workspace_id"))
    products = (
        products.filter(brand=OuterRef("pk"))
        if link == "brand"
        else products.filter(category=OuterRef("pk"))
    )
    number = products.order_by().values("workspace_id").annotate(n=Count("pk")).values("n")
    return named.annotate(number_of_products=Coalesce(Subquery(number), 0))


def counted_lines(workspace: Workspace, as_of: datetime) -> QuerySet[LineItem]:
    """Lines that were bought and not given back, as they stand."""
    return (
        LineItem.objects.in_workspace(workspace)
        .current()
        .filter(
            kind=TransactionKind.PURCHASE,
            status__in=COUNTED_STATUSES,
            quantity__gt=0,
            occurred_at__lt=as_of,
        )
    )


def sold_by_product(
    workspace: Workspace, product_ids: Sequence[int], as_of: datetime
) -> dict[int, Sold]:
    """What was sold of each of these products."""
    lines = counted_lines(workspace, as_of).filter(product_id__in=product_ids)
    return _sold(lines.values(subject=F("product_id")))


def sold_by_brand(
    workspace: Workspace, brand_ids: Sequence[int], as_of: datetime
) -> dict[int, Sold]:
    """What was sold of each of these brands."""
    lines = counted_lines(workspace, as_of).filter(brand_id__in=brand_ids)
    return _sold(lines.values(subject=F("brand_id")))


def _sold(lines: QuerySet[LineItem, Any]) -> dict[int, Sold]:
    rows = lines.annotate(
        units=Sum("quantity"), buyers=Count("contact_id", distinct=True), paid=Sum("amount")
    )
    return {row["subject"]: Sold(row["units"], row["buyers"], row["paid"]) for row in rows}


@dataclass(frozen=True)
class MonthSold:
    """One month of a product; `share` is of the best month's buyers."""

    month: date
    sold: Sold
    share: float


def months_of_product(workspace: Workspace, product_id: int, as_of: datetime) -> list[MonthSold]:
    """The last twelve months in the workspace's zone, newest first."""
    last = as_of.astimezone(workspace.zone).date().replace(day=1)
    months = [_months_before(last, number) for number in range(MONTHS)]
    start = datetime(months[-1].year, months[-1].month, 1, tzinfo=workspace.zone)
    rows = (
        counted_lines(workspace, as_of)
        .filter(product_id=product_id, occurred_at__gte=start)
        .values(month=TruncMonth("occurred_at", tzinfo=workspace.zone))
        .annotate(
            units=Sum("quantity"), buyers=Count("contact_id", distinct=True), paid=Sum("amount")
        )
    )
    sold = {row["month"].date(): Sold(row["units"], row["buyers"], row["paid"]) for row in rows}
    best = max((each.buyers for each in sold.values()), default=0) or 1
    return [
        MonthSold(month, found, found.buyers / best)
        for month in months
        for found in [sold.get(month, Sold())]
    ]


def _months_before(month: date, number: int) -> date:
    total = month.year * 12 + month.month - 1 - number
    return date(total // 12, total % 12 + 1, 1)
