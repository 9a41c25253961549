"""Which purchases used which discount codes, by the coupon the shop names.

A code counts as used by the earliest purchase with its coupon that was neither cancelled nor a
test; whose purchase it is doesn't matter, and is shown beside whom the code was given to. When the
shop later cancels that purchase, or takes the coupon away, the next earliest counts, or none. What
is stored follows from the transactions alone, whatever the order they come in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from contacts.bulk import array_literal
from transactions.models import TransactionStatus
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

# A refunded purchase has used its code up; one not paid yet holds it.
USING_STATUSES = (
    TransactionStatus.PENDING,
    TransactionStatus.PAID,
    TransactionStatus.FULFILLED,
    TransactionStatus.REFUNDED,
)

_OF_TRANSACTIONS = """
    SELECT id FROM campaigns_discountcode
    WHERE workspace_id = %(workspace)s AND transaction_id = ANY (%(transactions)s::bigint[])
    UNION
    SELECT code.id
    FROM transactions_transaction AS bought
    JOIN campaigns_discountcode AS code
      ON code.workspace_id = bought.workspace_id AND code.code_key = bought.coupon
    WHERE bought.workspace_id = %(workspace)s
      AND bought.root_id = ANY (%(transactions)s::bigint[])
      AND bought.superseded_at IS NULL AND bought.coupon <> ''
"""

_OF_POOL = """
    SELECT code.id
    FROM campaigns_discountcode AS code
    WHERE code.workspace_id = %(workspace)s AND code.pool_id = %(pool)s
      AND EXISTS (
          SELECT FROM transactions_transaction AS bought
          WHERE bought.workspace_id = %(workspace)s AND bought.coupon = code.code_key
            AND bought.coupon <> ''
      )
"""

_SETTLE = """
    WITH touched AS (
        SELECT id, code_key FROM campaigns_discountcode
        WHERE workspace_id = %(workspace)s AND id IN ({codes})
        ORDER BY id
        FOR UPDATE
    ), uses AS (
        SELECT touched.id, used.root_id, used.occurred_at
        FROM touched
        LEFT JOIN LATERAL (
            SELECT root_id, occurred_at FROM transactions_transaction
            WHERE workspace_id = %(workspace)s AND coupon = touched.code_key AND coupon <> ''
              AND superseded_at IS NULL AND kind = 'purchase'
              AND status = ANY (%(statuses)s::text[])
            ORDER BY occurred_at, root_id
            LIMIT 1
        ) AS used ON true
    )
    UPDATE campaigns_discountcode AS code
    SET transaction_id = uses.root_id, redeemed_at = uses.occurred_at
    FROM uses
    WHERE code.workspace_id = %(workspace)s AND code.id = uses.id
      AND (code.transaction_id, code.redeemed_at)
          IS DISTINCT FROM (uses.root_id, uses.occurred_at)
"""


def redeem_codes(*, workspace: Workspace, transaction_ids: Sequence[int]) -> int:
    """Settle the codes these transactions use or used; how many changed."""
    return _settle(
        workspace,
        _OF_TRANSACTIONS,
        {"transactions": array_literal("bigint", transaction_ids)},
    )


def find_redemptions(*, workspace: Workspace, pool_id: int) -> int:
    """Settle the codes of a pool that purchases named before they were uploaded."""
    return _settle(workspace, _OF_POOL, {"pool": pool_id})


def _settle(workspace: Workspace, codes: str, parameters: dict[str, Any]) -> int:
    statement = _SETTLE.format(codes=codes)
    statuses = [status.value for status in USING_STATUSES]
    with workspace_scope(workspace), connection.cursor() as cursor:
        cursor.execute(statement, {"workspace": workspace.pk, "statuses": statuses, **parameters})
        changed: int = cursor.rowcount
        return changed
