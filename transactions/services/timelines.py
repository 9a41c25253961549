"""Loading what was said of transactions, and storing the versions that follow from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F

from contacts.bulk import update_rows
from contacts.models import ChangeKind
from contacts.services import touch_contacts
from tracking.inserting import insert_all, insert_new, next_ids
from transactions.models import (
    BEGINNING,
    LineItem,
    LineProperty,
    Refund,
    RefundLine,
    Transaction,
)
from transactions.services.sourcing import sources_of
from transactions.services.statistics import refresh_statistics
from transactions.services.versions import line_rows, property_rows, version_row
from transactions.signals import transactions_stored
from transactions.timeline import (
    RefundPart,
    RefundSaid,
    StatedLine,
    StatedProperty,
    StatedSource,
    Statement,
    VersionOf,
    versions_of,
)
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

BY_VERSION = '("workspace_id", "external_id", "version_from")'


class ConcurrentTransactionError(Exception):
    """Another writer stored one of the transactions meanwhile: look again."""


@dataclass
class Timeline:
    """Everything said of one transaction; `root_id` is None until it is stored."""

    external_id: str
    root_id: int | None = None
    statements: list[Statement] = field(default_factory=list)
    refunds: list[RefundSaid] = field(default_factory=list)

    @property
    def stored_id(self) -> int:
        """The transaction's id; raises ValueError before it is stored."""
        if self.root_id is None:
            raise ValueError("This transaction is not stored yet.")
        return self.root_id

    @property
    def latest(self) -> Statement:
        return max(self.statements, key=lambda statement: statement.stated_at)


def known_statements(
    workspace: Workspace, external_ids: Collection[str]
) -> list[tuple[str, int, datetime, str]]:
    """(external id, root id, stated at, digest) of every statement, without looking closer."""
    rows = Transaction.objects.in_workspace(workspace).filter(external_id__any_of=set(external_ids))
    return list(rows.values_list("external_id", "root_id", "stated_at", "content_hash"))


def load_timelines(workspace: Workspace, external_ids: Collection[str]) -> dict[str, Timeline]:
    """Timelines of the known ones among these transactions, locked until the transaction ends."""
    roots = dict(
        Transaction.objects.in_workspace(workspace)
        .filter(external_id__any_of=set(external_ids), version_from=BEGINNING)
        .order_by("external_id")
        .select_for_update()
        .values_list("root_id", "external_id")
    )
    if not roots:
        return {}
    timelines = {root_id: Timeline(external_id, root_id) for root_id, external_id in roots.items()}
    _load_statements(workspace, timelines)
    _load_refunds(workspace, timelines)
    return {timeline.external_id: timeline for timeline in timelines.values()}


def _load_statements(workspace: Workspace, timelines: Mapping[int, Timeline]) -> None:
    rows = list(Transaction.objects.in_workspace(workspace).filter(root_id__any_of=timelines))
    # One version of each statement is enough: they differ in what was refunded only.
    chosen = {(row.root_id, row.stated_at): row for row in rows}
    lines = _load_lines(workspace, [row.pk for row in chosen.values()])
    for row in chosen.values():
        timelines[row.root_id].statements.append(_statement(row, lines.get(row.pk, ())))


def _load_lines(
    workspace: Workspace, transaction_ids: list[int]
) -> dict[int, tuple[StatedLine, ...]]:
    rows = list(
        LineItem.objects.in_workspace(workspace)
        .filter(transaction_id__any_of=transaction_ids)
        .order_by("transaction_id", "line_number")
    )
    properties: dict[int, list[StatedProperty]] = {}
    for item in LineProperty.objects.in_workspace(workspace).filter(
        line_item_id__any_of=[row.pk for row in rows]
    ):
        properties.setdefault(item.line_item_id, []).append(
            StatedProperty(item.key, item.text, item.text_key, item.number)
        )
    lines: dict[int, list[StatedLine]] = {}
    for row in rows:
        lines.setdefault(row.transaction_id, []).append(
            StatedLine(
                number=row.line_number,
                quantity=row.quantity + row.refunded_quantity,
                amount=row.original_amount,
                cost=row.original_cost,
                product_id=row.product_id,
                variant_id=row.variant_id,
                brand_id=row.brand_id,
                category_id=row.category_id,
                name=row.name,
                properties=tuple(sorted(properties.get(row.pk, ()), key=lambda each: each.key)),
            )
        )
    return {transaction_id: tuple(found) for transaction_id, found in lines.items()}


def _statement(row: Transaction, lines: Iterable[StatedLine]) -> Statement:
    source = None
    if row.is_source_given:
        source = StatedSource(
            channel=row.channel,
            is_paid=row.is_paid_channel,
            utm_source=row.utm_source,
            utm_medium=row.utm_medium,
            utm_campaign=row.utm_campaign,
        )
    return Statement(
        stated_at=row.stated_at,
        contact_id=row.contact_id,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        is_clamped=row.is_clamped,
        kind=row.kind,
        status=row.stated_status,
        currency=row.currency,
        rate=row.rate,
        goods=row.original_goods_amount,
        shipping=row.original_shipping_amount,
        digest=row.content_hash,
        converted_to=row.converted_to,
        coupon=row.coupon,
        sales_channel=row.sales_channel,
        source=source,
        lines=tuple(lines),
    )


def _load_refunds(workspace: Workspace, timelines: Mapping[int, Timeline]) -> None:
    refunds = list(Refund.objects.in_workspace(workspace).filter(transaction_id__any_of=timelines))
    parts: dict[int, list[RefundPart]] = {}
    for line in (
        RefundLine.objects.in_workspace(workspace)
        .filter(refund_id__any_of=[refund.pk for refund in refunds])
        .order_by("pk")
    ):
        parts.setdefault(line.refund_id, []).append(
            RefundPart(line.line_number, line.product_id, line.quantity, line.original_amount)
        )
    for refund in refunds:
        timelines[refund.transaction_id].refunds.append(
            RefundSaid(
                external_id=refund.external_id,
                occurred_at=refund.occurred_at,
                amount=refund.original_amount,
                parts=tuple(parts.get(refund.pk, ())),
            )
        )


def store_timelines(workspace: Workspace, timelines: Collection[Timeline]) -> None:
    """Store the versions that follow, instead of those stored; contacts are marked changed and
    their statistics computed anew.

    Raises `ConcurrentTransactionError` when another writer stored a new one first.
    """
    known = [timeline.root_id for timeline in timelines if timeline.root_id is not None]
    touched = _delete_versions(workspace, known)
    new = [timeline for timeline in timelines if timeline.root_id is None]
    for timeline, root_id in zip(new, next_ids(Transaction, len(new)), strict=True):
        timeline.root_id = root_id
    touched |= _write_versions(workspace, timelines, known=set(known))
    touch_contacts(workspace=workspace, contact_ids=touched, kind=ChangeKind.TRANSACTION)
    refresh_statistics(workspace=workspace, contact_ids=touched)
    if timelines:
        stored = [timeline.stored_id for timeline in timelines]
        transactions_stored.send(sender=Transaction, workspace=workspace, transaction_ids=stored)


def _delete_versions(workspace: Workspace, root_ids: list[int]) -> set[int]:
    """Delete lines and later versions; whose they were.

    First versions stay and are changed in place: other writers wait for their locks.
    """
    if not root_ids:
        return set()
    rows = Transaction.objects.in_workspace(workspace).filter(root_id__any_of=root_ids)
    lines = LineItem.objects.in_workspace(workspace).filter(root_id__any_of=root_ids)
    touched = set(rows.values_list("contact_id", flat=True))
    LineProperty.objects.in_workspace(workspace).filter(
        line_item_id__in=lines.values("pk")
    ).delete()
    lines.delete()
    rows.exclude(pk=F("root_id")).delete()
    return touched


# What an update of a first version may change.
_CHANGING = [
    field
    for field in Transaction._meta.concrete_fields
    if field.name not in {"id", "workspace", "external_id", "root", "version_from"}
]


def _write_versions(
    workspace: Workspace, timelines: Collection[Timeline], *, known: set[int]
) -> set[int]:
    versions = [
        (timeline, version)
        for timeline in timelines
        for version in versions_of(timeline.statements, timeline.refunds)
    ]
    sources = sources_of(
        workspace,
        {
            (version.statement.contact_id, version.statement.occurred_at)
            for _timeline, version in versions
            if version.statement.source is None
        },
    )
    rows = [
        version_row(workspace, timeline.external_id, timeline.stored_id, version, sources)
        for timeline, version in versions
    ]
    later = [row for row in rows if row.pk != row.root_id]
    for row, pk in zip(later, next_ids(Transaction, len(later)), strict=True):
        row.pk = pk
    new = [row for row in rows if row.pk == row.root_id and row.pk not in known]
    if len(insert_new(new, unique=BY_VERSION)) != len(new):
        raise ConcurrentTransactionError
    update_rows(
        Transaction,
        workspace.pk,
        [field.name for field in _CHANGING],
        [
            (row.pk, *(getattr(row, field.attname) for field in _CHANGING))
            for row in rows
            if row.pk in known
        ],
    )
    insert_all(later)
    _insert_lines(
        workspace, [(row, version) for row, (_, version) in zip(rows, versions, strict=True)]
    )
    return {row.contact_id for row in rows}


def _insert_lines(workspace: Workspace, versions: list[tuple[Transaction, VersionOf]]) -> None:
    lines = [
        (row, stated)
        for transaction, version in versions
        for row, stated in line_rows(workspace, transaction, version)
    ]
    for (row, _stated), pk in zip(lines, next_ids(LineItem, len(lines)), strict=True):
        row.pk = pk
    insert_all([row for row, _stated in lines])
    insert_all([item for row, stated in lines for item in property_rows(row, stated)])


def rebuild_versions(*, workspace: Workspace, external_ids: Collection[str]) -> None:
    """Derive the stored versions of these transactions anew from what was said of them."""
    with workspace_scope(workspace):
        store_timelines(workspace, list(load_timelines(workspace, external_ids).values()))
