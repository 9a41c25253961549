"""What contacts bought, in words and numbers, for their card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Contact
from contacts.registry import Fact, TimelineEntry
from transactions.figures import shown_money, shown_quantity
from transactions.models import (
    COUNTED_STATUSES,
    LineItem,
    Refund,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from workspaces.models import Workspace

_SHOWN_LINES = 5


class TransactionTimeline:
    """Purchases, carts and refunds."""

    kinds: Mapping[str, Any] = {"transactions": gettext_lazy("Purchases")}

    def entries(
        self,
        *,
        workspace: Workspace,
        contact: Contact,
        before: datetime,
        kinds: frozenset[str],
        limit: int,
    ) -> Sequence[TimelineEntry]:
        """The newest purchases, carts and refunds before an instant, newest first."""
        if "transactions" not in kinds:
            return []
        found = [
            *_transactions(workspace, contact, before, limit),
            *_refunds(workspace, contact, before, limit),
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]


def _transactions(
    workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[TimelineEntry]:
    rows = list(
        Transaction.objects.in_workspace(workspace)
        .current()
        .filter(contact=contact, occurred_at__lt=before)
        .order_by("-occurred_at", "-pk")[:limit]
    )
    lines: dict[int, list[str]] = {}
    found = LineItem.objects.in_workspace(workspace).filter(transaction_id__in=[r.pk for r in rows])
    for line in found.select_related("product").order_by("transaction_id", "line_number"):
        name = line.name or (line.product.name if line.product else "")
        pieces = shown_quantity(line.quantity + line.refunded_quantity)
        lines.setdefault(line.transaction_id, []).append(f"{pieces} × {name}")
    return [_entry(workspace, row, lines.get(row.pk, [])) for row in rows]


def _entry(workspace: Workspace, row: Transaction, lines: list[str]) -> TimelineEntry:
    is_cart = row.kind == TransactionKind.CART
    if is_cart:
        title = _("Left a cart") if not row.converted_to else _("Filled a cart")
    elif row.status in COUNTED_STATUSES:
        title = _("Bought")
    else:
        status = TransactionStatus(row.status).label
        title = _("Ordered (%(status)s)") % {"status": status}
    details = lines[:_SHOWN_LINES]
    if row.refunded_amount:
        refunded = shown_money(row.refunded_amount, workspace.base_currency)
        details.append(_("%(amount)s refunded") % {"amount": refunded})
    return TimelineEntry(
        at=row.occurred_at,
        kind="transactions",
        icon="shopping-cart",
        title=f"{title}: {row.external_id}",
        details=details,
        url=transaction_url(workspace, row.root_id),
        amount=shown_money(row.goods_amount + row.refunded_amount, workspace.base_currency),
    )


def _refunds(
    workspace: Workspace, contact: Contact, before: datetime, limit: int
) -> list[TimelineEntry]:
    rows = (
        Refund.objects.in_workspace(workspace)
        .filter(contact=contact, occurred_at__lt=before)
        .select_related("transaction")
        .order_by("-occurred_at", "-pk")[:limit]
    )
    return [
        TimelineEntry(
            at=row.occurred_at,
            kind="transactions",
            icon="undo-2",
            title=_("Refund of %(name)s") % {"name": row.transaction.external_id},
            url=transaction_url(workspace, row.transaction_id),
            amount=shown_money(-row.amount, workspace.base_currency),
        )
        for row in rows
    ]


def transaction_url(workspace: Workspace, root_id: int) -> str:
    """The page of a transaction."""
    return reverse("transactions:card", args=[workspace.pk, root_id])


def purchase_facts(*, workspace: Workspace, contact: Contact, as_of: datetime) -> Sequence[Fact]:
    """How much, how often and when last, as of an instant."""
    counted = (
        Transaction.objects.in_workspace(workspace)
        .as_it_stood(as_of)
        .filter(
            contact=contact,
            occurred_at__lt=as_of,
            kind=TransactionKind.PURCHASE,
            status__in=COUNTED_STATUSES,
        )
    )
    found = counted.aggregate(
        spent=Sum("goods_amount"), number=Count("pk"), last=Max("occurred_at")
    )
    last = found["last"]
    return [
        Fact(
            label=_("Spent"),
            value=shown_money(found["spent"] or 0, workspace.base_currency),
            explanation=_("for goods, after refunds"),
        ),
        Fact(label=_("Purchases"), value=str(found["number"]), explanation=_("paid or fulfilled")),
        Fact(
            label=_("Last purchase"),
            value=date_format(last.astimezone(workspace.zone), "DATE_FORMAT") if last else "–",
        ),
    ]
