"""The statistics row of each contact: kept by recomputing it from the transactions.

Whoever writes transactions, lines or what they are attributed to calls `refresh_statistics` in the
same database transaction. Nothing is added to or taken from a row, so nothing can drift.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts.bulk import array_literal
from transactions.models import NEVER_SETTLED, SOURCE_CHANNELS, ContactStatistics
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

# What the transactions of these contacts (null: of everybody) come to. A contact's sums that don't
# fit a bigint make its row one that never settles, so that the transactions themselves are read.
_RECOMPUTED = """
    SELECT %(workspace)s::bigint AS workspace_id, contact_id,
           CASE WHEN fits THEN settled_at ELSE %(never)s END AS settled_at,
           number_of_orders,
           CASE WHEN fits THEN goods_amount::bigint END AS goods_amount,
           CASE WHEN fits THEN shipping_amount::bigint END AS shipping_amount,
           CASE WHEN fits THEN total_amount::bigint END AS total_amount,
           smallest_order, largest_order,
           CASE WHEN fits THEN units::bigint END AS units,
           CASE WHEN fits THEN margin::bigint END AS margin,
           first_at, last_at, sources
    FROM (
        SELECT contact_id,
               greatest(max(occurred_at), max(version_from), max(superseded_at)) AS settled_at,
               count(*) FILTER (WHERE counts) AS number_of_orders,
               sum(goods_amount) FILTER (WHERE counts) AS goods_amount,
               sum(shipping_amount) FILTER (WHERE counts) AS shipping_amount,
               sum(total_amount) FILTER (WHERE counts) AS total_amount,
               min(goods_amount) FILTER (WHERE counts) AS smallest_order,
               max(goods_amount) FILTER (WHERE counts) AS largest_order,
               min(occurred_at) FILTER (WHERE counts) AS first_at,
               max(occurred_at) FILTER (WHERE counts) AS last_at,
               coalesce(bit_or(source) FILTER (WHERE counts), 0) AS sources
        FROM (
            SELECT contact_id, occurred_at, version_from, superseded_at,
                   goods_amount, shipping_amount, total_amount,
                   superseded_at IS NULL AND kind = 'purchase'
                       AND status IN ('paid', 'fulfilled') AS counts,
                   1::bigint << (
                       4 * (array_position(%(channels)s::text[], channel::text) - 1)
                       + CASE WHEN is_paid_channel THEN 2 ELSE 0 END
                       + CASE WHEN utm_source <> '' OR utm_medium <> '' OR utm_campaign <> ''
                              THEN 1 ELSE 0 END
                   ) AS source
            FROM transactions_transaction
            WHERE workspace_id = %(workspace)s
              AND (%(contacts)s::bigint[] IS NULL OR contact_id = ANY (%(contacts)s::bigint[]))
        ) AS versions
        GROUP BY contact_id
    ) AS bought
    LEFT JOIN (
        SELECT contact_id AS buyer_id, sum(quantity) AS units, sum(amount - cost) AS margin
        FROM transactions_lineitem
        WHERE workspace_id = %(workspace)s
          AND (%(contacts)s::bigint[] IS NULL OR contact_id = ANY (%(contacts)s::bigint[]))
          AND superseded_at IS NULL AND kind = 'purchase' AND status IN ('paid', 'fulfilled')
          AND quantity > 0
        GROUP BY contact_id
    ) AS lines ON buyer_id = contact_id
    CROSS JOIN LATERAL (
        SELECT coalesce(
            greatest(abs(goods_amount), abs(shipping_amount), abs(total_amount),
                     abs(units), abs(margin)) < 9e18, true
        ) AS fits
    ) AS sized
"""

_STORE = (
    """
    INSERT INTO transactions_contactstatistics (
        workspace_id, contact_id, settled_at, number_of_orders,
        goods_amount, shipping_amount, total_amount, smallest_order, largest_order,
        units, margin, first_at, last_at, sources
    )
    """
    + _RECOMPUTED
    + """
    ORDER BY contact_id
    ON CONFLICT (workspace_id, contact_id) DO UPDATE SET
        settled_at = excluded.settled_at,
        number_of_orders = excluded.number_of_orders,
        goods_amount = excluded.goods_amount,
        shipping_amount = excluded.shipping_amount,
        total_amount = excluded.total_amount,
        smallest_order = excluded.smallest_order,
        largest_order = excluded.largest_order,
        units = excluded.units,
        margin = excluded.margin,
        first_at = excluded.first_at,
        last_at = excluded.last_at,
        sources = excluded.sources
    RETURNING contact_id, xmax = 0 AS is_new
    """
)

_DIFFERENT = (
    """
    SELECT coalesce(kept.contact_id, found.contact_id), to_jsonb(kept)::text, to_jsonb(found)::text
    FROM (
        SELECT workspace_id, contact_id, settled_at, number_of_orders,
               goods_amount, shipping_amount, total_amount, smallest_order, largest_order,
               units, margin, first_at, last_at, sources
        FROM transactions_contactstatistics WHERE workspace_id = %(workspace)s
    ) AS kept
    FULL JOIN (
    """  # noqa: S608 (all of it stands here)
    + _RECOMPUTED
    + """
    ) AS found USING (workspace_id, contact_id)
    WHERE kept IS DISTINCT FROM found
    ORDER BY 1
    """
)


def refresh_statistics(*, workspace: Workspace, contact_ids: Collection[int]) -> None:
    """Make the rows of these contacts equal to what their transactions say now.

    Writers of one contact's transactions may run at once, each blind to what the others haven't
    committed. So rows are locked before the transactions are read: the later writer waits, and
    then sees what the earlier one wrote. A row that appeared only after we looked for rows to lock
    was stored from too little; it is locked by then, and computed again.
    """
    pending = set(contact_ids)
    with workspace_scope(workspace):
        while pending:
            locked = _lock_rows(workspace, pending)
            stored = _store(workspace, pending)
            _delete_rows(workspace, locked - stored.keys())
            pending = _stored_unlocked(stored, locked)


def rebuild_statistics(*, workspace: Workspace) -> int:
    """Make the rows of all contacts right, after tables were loaded directly; how many weren't.

    Writers may go on meanwhile. An empty table is filled by one statement.
    """
    with workspace_scope(workspace):
        if not ContactStatistics.objects.in_workspace(workspace).exists():
            stored = _store(workspace, None)
            refresh_statistics(workspace=workspace, contact_ids=_stored_unlocked(stored, ()))
            return len(stored)
        wrong = [each.contact_id for each in differing_statistics(workspace=workspace)]
        refresh_statistics(workspace=workspace, contact_ids=wrong)
        return len(wrong)


@dataclass(frozen=True)
class Difference:
    """A row that isn't what its contact's transactions say, as JSON; None: there is no row."""

    contact_id: int
    kept: dict[str, Any] | None
    recomputed: dict[str, Any] | None


def differing_statistics(*, workspace: Workspace) -> list[Difference]:
    """Every contact whose row isn't equal to a recompute. There should be none."""
    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute(_DIFFERENT, _parameters(workspace, None))
        return [
            Difference(contact_id, kept and json.loads(kept), found and json.loads(found))
            for contact_id, kept, found in cursor.fetchall()
        ]


def _stored_unlocked(stored: Mapping[int, bool], locked: Collection[int]) -> set[int]:
    return {pk for pk, is_new in stored.items() if not is_new and pk not in locked}


def _lock_rows(workspace: Workspace, contact_ids: Collection[int]) -> set[int]:
    rows = ContactStatistics.objects.in_workspace(workspace)
    rows = rows.filter(contact_id__any_of=contact_ids).order_by("contact_id")
    return set(rows.select_for_update(no_key=True).values_list("contact_id", flat=True))


def _store(workspace: Workspace, contact_ids: Collection[int] | None) -> dict[int, bool]:
    """Compute and store the rows; whether each is new, by contact."""
    with connection.cursor() as cursor:
        cursor.execute(_STORE, _parameters(workspace, contact_ids))
        return dict(cursor.fetchall())


def _delete_rows(workspace: Workspace, contact_ids: Collection[int]) -> None:
    if contact_ids:
        rows = ContactStatistics.objects.in_workspace(workspace)
        rows.filter(contact_id__any_of=contact_ids).delete()


def _parameters(workspace: Workspace, contact_ids: Collection[int] | None) -> dict[str, Any]:
    contacts = None if contact_ids is None else array_literal("bigint", sorted(contact_ids))
    return {
        "workspace": workspace.pk,
        "contacts": contacts,
        "channels": list(SOURCE_CHANNELS),
        "never": NEVER_SETTLED,
    }
