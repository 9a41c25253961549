"""Recording refunds: they lower the original transaction from their time on (semantics 19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import Field

from tracking.inserting import insert_all
from tracking.items import (
    Amount,
    ExternalId,
    Instant,
    Item,
    ItemBatch,
    Thousandths,
    clamp,
    django_errors,
)
from tracking.services.facts import store_facts
from transactions.models import Refund, RefundLine, TransactionKind
from transactions.services.catalog import known_products
from transactions.services.statements import MAX_LINES
from transactions.services.timelines import (
    Timeline,
    load_timelines,
    rebuild_versions,
)
from transactions.timeline import RefundPart, RefundSaid, Statement, give_back, to_base
from workspaces.batches import ItemError, ItemResult
from workspaces.models import Workspace
from workspaces.money import to_minor_units
from workspaces.tenancy import workspace_scope


class RefundLineItem(Item):
    """What was given back of a line (by its number, from 1) or of a product."""

    line: Annotated[int, Field(ge=1, le=MAX_LINES)] | None = None
    product: ExternalId | None = None
    quantity: Thousandths = 0
    amount: Amount = "0"


class RefundItem(Item):
    """One refund of a batch, as docs/rest.md `refunds/batch` names it.

    `amount` is the whole; without it, the sum of the lines. What lines don't explain was given
    back for shipping.
    """

    external_id: ExternalId
    transaction: ExternalId
    occurred_at: Instant
    amount: Amount | None = None
    lines: Annotated[list[RefundLineItem], Field(max_length=MAX_LINES)] = []


def record_refunds(
    *, workspace: Workspace, items: Sequence[Any], now: datetime, source: str
) -> list[ItemResult]:
    """Store refunds of known transactions; one of more than is left is an item error."""
    batch = ItemBatch(items, RefundItem)
    with workspace_scope(workspace):
        recorder = _Recorder(workspace, batch, now)
        stored = store_facts(
            workspace=workspace, batch=batch, model=Refund, prepare=recorder.prepare
        )
        insert_all(
            [line for index, refund in stored.items() for line in recorder.lines_of(index, refund)]
        )
        changed = {recorder.accepted[index][0].external_id for index in stored}
        rebuild_versions(workspace=workspace, external_ids=changed)
    return batch.in_order()


@dataclass
class _Recorder:
    """Checks the refunds of one batch, and makes rows of them."""

    workspace: Workspace
    batch: ItemBatch[RefundItem]
    now: datetime
    accepted: dict[int, tuple[Timeline, RefundSaid]] = field(default_factory=dict)

    def prepare(self, pending: dict[int, RefundItem]) -> dict[int, Refund]:
        timelines = load_timelines(self.workspace, {item.transaction for item in pending.values()})
        products = known_products(
            self.workspace,
            {line.product for item in pending.values() for line in item.lines if line.product},
        )
        product_ids = {external_id: known.id for external_id, known in products.items()}
        rows: dict[int, Refund] = {}
        for index, item in pending.items():
            found = self._check(item, timelines.get(item.transaction), product_ids)
            if isinstance(found, ItemError):
                self.batch.refuse_for(index, [found])
            else:
                self.accepted[index] = found
                rows[index] = self._row(item, *found)
        return rows

    def _check(
        self, item: RefundItem, timeline: Timeline | None, product_ids: dict[str, int]
    ) -> tuple[Timeline, RefundSaid] | ItemError:
        if timeline is None:
            return ItemError(
                "$.transaction", "unknown_transaction", _("There is no such transaction.")
            )
        said = timeline.latest
        if said.kind != TransactionKind.PURCHASE:
            return ItemError("$.transaction", "not_a_purchase", _("This is a cart."))
        refund = self._read(item, said, product_ids)
        if isinstance(refund, ItemError):
            return refund
        if refund.external_id in {each.external_id for each in timeline.refunds}:
            # Another writer stored it while we waited: storing it will tell.
            return timeline, refund
        error = _more_than_left(timeline, refund)
        if error is not None:
            return error
        # The next refund of the batch finds less left.
        timeline.refunds.append(refund)
        return timeline, refund

    def _read(
        self, item: RefundItem, said: Statement, product_ids: dict[str, int]
    ) -> RefundSaid | ItemError:
        parts: list[RefundPart] = []
        try:
            path = "$.amount"
            whole = None if item.amount is None else to_minor_units(item.amount, said.currency)
            for position, line in enumerate(item.lines):
                path = f"$.lines[{position}].amount"
                amount = to_minor_units(line.amount, said.currency)
                part = _part(line, amount, said, product_ids, f"$.lines[{position}]")
                if isinstance(part, ItemError):
                    return part
                parts.append(part)
        except ValidationError as error:
            return django_errors(error, path)
        explained = sum(part.amount for part in parts)
        if whole is None and not parts:
            return ItemError("$.amount", "missing", _("Give an amount or lines."))
        if whole is not None and whole < explained:
            return ItemError("$.amount", "less_than_lines", _("The lines are over the amount."))
        return RefundSaid(
            external_id=item.external_id,
            occurred_at=clamp(item.occurred_at, self.now)[0],
            amount=explained if whole is None else whole,
            parts=tuple(parts),
        )

    def _row(self, item: RefundItem, timeline: Timeline, refund: RefundSaid) -> Refund:
        said = timeline.latest
        return Refund(
            workspace_id=self.workspace.pk,
            external_id=item.external_id,
            occurred_at=refund.occurred_at,
            received_at=self.now,
            is_clamped=clamp(item.occurred_at, self.now)[1],
            transaction_id=timeline.stored_id,
            contact_id=said.contact_id,
            amount=to_base(refund.amount, said, self.workspace.base_currency),
            original_amount=refund.amount,
        )

    def lines_of(self, index: int, refund: Refund) -> list[RefundLine]:
        timeline, said = self.accepted[index]
        return [
            RefundLine(
                workspace_id=self.workspace.pk,
                refund_id=refund.pk,
                line_number=part.line_number,
                product_id=part.product_id,
                quantity=part.quantity,
                amount=to_base(part.amount, timeline.latest, self.workspace.base_currency),
                original_amount=part.amount,
            )
            for part in said.parts
        ]


def _part(
    line: RefundLineItem,
    amount: int,
    said: Statement,
    product_ids: dict[str, int],
    path: str,
) -> RefundPart | ItemError:
    """What the line names, if the transaction has it."""
    if (line.line is None) == (line.product is None):
        return ItemError(path, "line_or_product", _("Name either a line or a product."))
    if line.line is not None:
        if line.line not in {each.number for each in said.lines}:
            return ItemError(f"{path}.line", "unknown_line", _("There is no such line."))
        return RefundPart(line.line, None, line.quantity, amount)
    product_id = product_ids.get(line.product or "")
    if product_id is None or product_id not in {each.product_id for each in said.lines}:
        return ItemError(f"{path}.product", "unknown_line", _("There is no line of this product."))
    return RefundPart(None, product_id, line.quantity, amount)


def _more_than_left(timeline: Timeline, refund: RefundSaid) -> ItemError | None:
    """Whether all refunds together, in order of time, are over what was paid."""
    refunds = sorted(
        [*timeline.refunds, refund], key=lambda each: (each.occurred_at, each.external_id)
    )
    before = give_back(timeline.latest, [each for each in refunds if each is not refund])
    after = give_back(timeline.latest, refunds)
    if after.excess > before.excess:
        return ItemError("$.amount", "more_than_left", _("This is more than is left to refund."))
    if after.excess_quantity > before.excess_quantity:
        return ItemError(
            "$.lines", "more_than_left", _("These are more pieces than are left to refund.")
        )
    return None
