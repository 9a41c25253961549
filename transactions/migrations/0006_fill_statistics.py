from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

CHANNELS = [
    *("paid_search", "paid_social", "display", "affiliate", "other_paid", "organic_search"),
    *("organic_social", "email", "sms", "push", "assistant", "referral", "direct", "other"),
    "unknown",
]
FILL = """
    INSERT INTO transactions_contactstatistics (
        workspace_id, contact_id, settled_at, number_of_orders,
        goods_amount, shipping_amount, total_amount, smallest_order, largest_order,
        units, margin, first_at, last_at, sources
    )
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
        ) AS versions
        GROUP BY contact_id
    ) AS bought
    LEFT JOIN (
        SELECT contact_id AS buyer_id, sum(quantity) AS units, sum(amount - cost) AS margin
        FROM transactions_lineitem
        WHERE workspace_id = %(workspace)s
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


def fill(apps: Any, schema_editor: Any) -> None:
    """The rows of contacts that bought before there were any; as they are computed today."""
    database = schema_editor.connection
    workspaces = apps.get_model("workspaces", "Workspace").objects.using(database.alias)
    with database.cursor() as cursor:
        # Row-level security binds the owner too.
        for workspace_id in workspaces.order_by("pk").values_list("pk", flat=True):
            cursor.execute("SELECT set_config('app.workspace_id', %s, true)", [str(workspace_id)])
            cursor.execute(
                FILL,
                {
                    "workspace": workspace_id,
                    "channels": CHANNELS,
                    "never": datetime(9999, 12, 31, tzinfo=UTC),
                },
            )
        cursor.execute("SELECT set_config('app.workspace_id', '', true)")


class Migration(migrations.Migration):
    """Statistics of the contacts there are."""

    dependencies = [("transactions", "0005_contact_statistics")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
