-- {"type": "transactions.distinct", "of": "products", "operator": "exactly", "number": 1, "window": {"last": 1, "unit": "years"}}
-- People who bought exactly 1 different product in the last 1 year.
-- These contacts:
SELECT "transactions_lineitem"."contact_id" AS "contact_id"
FROM "transactions_lineitem"
WHERE ("transactions_lineitem"."workspace_id" = %s
       AND "transactions_lineitem"."occurred_at" < %s
       AND ("transactions_lineitem"."superseded_at" IS NULL
            OR "transactions_lineitem"."superseded_at" > %s)
       AND "transactions_lineitem"."version_from" <= %s
       AND "transactions_lineitem"."status" IN (%s,
                                                %s)
       AND "transactions_lineitem"."kind" = %s
       AND "transactions_lineitem"."quantity" > %s
       AND "transactions_lineitem"."occurred_at" >= %s
       AND "transactions_lineitem"."occurred_at" < %s)
GROUP BY 1
HAVING COUNT(DISTINCT "transactions_lineitem"."product_id") = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(1)
