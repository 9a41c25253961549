"""Recording transactions: what the shop last said, with its history (semantics 18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tracking.items import ItemBatch, content_digest
from tracking.references import contacts_of
from tracking.services import record_coverage
from transactions.models import Brand, Product, ProductCategory
from transactions.services.catalog import (
    Catalog,
    bare_product,
    ensure_named,
    ensure_products,
    ensure_variants,
    known_variants,
)
from transactions.services.rates import RateTable, load_rates
from transactions.services.statements import (
    Money,
    StatementReader,
    TransactionStatement,
    local_date,
    read_money,
)
from transactions.services.timelines import (
    ConcurrentTransactionError,
    Timeline,
    known_statements,
    load_timelines,
    store_timelines,
)
from transactions.timeline import restate
from workspaces.attempts import attempted
from workspaces.batches import ItemResult, ItemStatus
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


def record_transactions(
    *, workspace: Workspace, items: Sequence[Any], now: datetime, source: str
) -> list[ItemResult]:
    """Store what the shop says of transactions; the greatest `updated_at` holds.

    Without `updated_at` a first statement counts from the transaction's own instant, later ones
    from `now`. An older statement that comes late takes its place in the history. Results carry
    the transaction's own id, which never changes.
    """
    with workspace_scope(workspace):

        def record() -> list[ItemResult]:
            batch = ItemBatch(items, TransactionStatement)
            _Recording(workspace, batch, now, source).run()
            return batch.in_order()

        return attempted(record, again_after=ConcurrentTransactionError)


@dataclass
class _Recording:
    """One attempt at one batch."""

    workspace: Workspace
    batch: ItemBatch[TransactionStatement]
    now: datetime
    source: str
    money: dict[int, Money] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)
    stated_at: dict[int, datetime] = field(default_factory=dict)
    repeats: dict[int, int] = field(default_factory=dict)  # of items within the batch

    def run(self) -> None:
        for index, item in self.batch.pending.items():
            self.digests[index] = content_digest(item, leave_out={"updated_at"})
        self._settle_duplicates()
        timelines = load_timelines(
            self.workspace, {item.external_id for item in self.batch.pending.values()}
        )
        rates = self._read_money()
        catalog = self._catalog_or_refuse()
        contact_ids = contacts_of(
            workspace=self.workspace, batch=self.batch, now=self.now, source=self.source
        )
        self._fill(catalog)
        changed = self._restate(
            timelines, StatementReader(self.workspace, catalog, rates, self.now), contact_ids
        )
        store_timelines(self.workspace, list(changed.values()))
        self._cover()
        self._settle(timelines, changed)

    def _settle_duplicates(self) -> None:
        """Items that say nothing new, before anything is looked up or made for them."""
        wanted = {item.external_id for item in self.batch.pending.values()}
        roots: dict[str, int] = {}
        said: dict[str, dict[datetime, tuple[str, int | None]]] = {}
        for external_id, root_id, stated_at, digest in known_statements(self.workspace, wanted):
            roots[external_id] = root_id
            said.setdefault(external_id, {})[stated_at] = (digest, None)
        for index, item in list(self.batch.pending.items()):
            known = said.setdefault(item.external_id, {})
            stated_at = self._stated_at(item, known)
            before = known.get(stated_at)
            if item.updated_at is None or item.updated_at > self.now:
                before = before or (known[max(known)] if known else None)
            if before is None or before[0] != self.digests[index]:
                known[stated_at] = (self.digests[index], index)
                self.stated_at[index] = stated_at
            elif before[1] is None:
                self.batch.settle(index, ItemStatus.DUPLICATE, roots[item.external_id])
            else:
                self.repeats[index] = before[1]
                self.batch.pending.pop(index)

    def _stated_at(self, item: TransactionStatement, known: dict[datetime, Any]) -> datetime:
        if item.updated_at is not None:
            return min(item.updated_at, self.now)
        return self.now if known else min(item.occurred_at, self.now)

    def _read_money(self) -> RateTable:
        rates = load_rates(
            self.workspace,
            {item.currency for item in self.batch.pending.values() if item.currency},
        )
        for index, item in list(self.batch.pending.items()):
            money = read_money(item, self.workspace)
            if isinstance(money, list):
                self.batch.refuse_for(index, money)
                continue
            day = local_date(self.workspace, min(item.occurred_at, self.now))
            if rates.rate_on(money.currency, day) is None:
                message = _("No rate of %(currency)s is known for %(date)s.")
                self.batch.refuse(
                    index,
                    "$.currency",
                    "missing_rate",
                    message % {"currency": money.currency, "date": day.isoformat()},
                )
            self.money[index] = money
        return rates

    def _catalog_or_refuse(self) -> Catalog:
        """What is known of the variants named; unknown ones must come with their product."""
        wanted = {line.variant for item in self.batch.pending.values() for line in item.lines} - {
            None
        }
        variants = known_variants(self.workspace, [name for name in wanted if name])
        for index, item in list(self.batch.pending.items()):
            for position, line in enumerate(item.lines):
                if line.variant and not line.product and line.variant not in variants:
                    self.batch.refuse(
                        index,
                        f"$.lines[{position}].variant",
                        "unknown_variant",
                        _("There is no such variant; name its product too."),
                    )
                    break
        return Catalog(variants=variants)

    def _fill(self, catalog: Catalog) -> None:
        """Find brands, categories, products and variants; make the missing ones."""
        lines = [line for item in self.batch.pending.values() for line in item.lines]
        catalog.brands = ensure_named(
            Brand, self.workspace, {line.brand for line in lines if line.brand}
        )
        catalog.categories = ensure_named(
            ProductCategory, self.workspace, {line.category for line in lines if line.category}
        )
        bare: dict[str, Product] = {}
        for line in lines:
            if line.product and line.product not in bare:
                bare[line.product] = bare_product(
                    self.workspace,
                    line.product,
                    now=self.now,
                    name=line.name,
                    brand_id=catalog.brand_id(line.brand),
                    category_id=catalog.category_id(line.category),
                )
        catalog.products = ensure_products(self.workspace, bare)
        owners = {
            line.variant: catalog.products[line.product].id
            for line in lines
            if line.variant and line.product
        }
        catalog.variants |= ensure_variants(self.workspace, owners)

    def _restate(
        self,
        timelines: dict[str, Timeline],
        reader: StatementReader,
        contact_ids: dict[int, int],
    ) -> dict[str, Timeline]:
        changed: dict[str, Timeline] = {}
        for index, contact_id in contact_ids.items():
            item = self.batch.pending[index]
            statement = reader.read(
                item,
                self.money[index],
                contact_id=contact_id,
                stated_at=self.stated_at[index],
                digest=self.digests[index],
            )
            timeline = timelines.get(item.external_id) or changed.get(item.external_id)
            timeline = timeline or Timeline(item.external_id)
            timeline.statements = restate(timeline.statements, statement)
            changed[item.external_id] = timeline
        return changed

    def _settle(self, timelines: dict[str, Timeline], changed: dict[str, Timeline]) -> None:
        created: set[str] = set()
        roots: dict[int, int | None] = {}
        for index, item in list(self.batch.pending.items()):
            is_new = item.external_id not in timelines and item.external_id not in created
            created.add(item.external_id)
            roots[index] = changed[item.external_id].root_id
            status = ItemStatus.CREATED if is_new else ItemStatus.UPDATED
            self.batch.settle(index, status, roots[index])
        for index, first in self.repeats.items():
            errors = self.batch.errors_of(first)
            if errors:
                self.batch.refuse_for(index, errors)
            else:
                self.batch.settle(index, ItemStatus.DUPLICATE, roots[first])

    def _cover(self) -> None:
        instants = [min(item.occurred_at, self.now) for item in self.batch.pending.values()]
        if instants:
            record_coverage(workspace=self.workspace, earliest={"transactions": min(instants)})
