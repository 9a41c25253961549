-- {"type": "transactions.largest_order", "operator": "less_than", "amount": "100.00", "window": {"last": 1, "unit": "years"}}
-- People who made their largest transaction of less than EUR 100.00 in the last 1 year.
-- These contacts:
SELECT "transactions_transaction"."contact_id" AS "contact_id"
FROM "transactions_transaction"
WHERE ("transactions_transaction"."workspace_id" = %s
       AND "transactions_transaction"."occurred_at" < %s
       AND ("transactions_transaction"."superseded_at" IS NULL
            OR "transactions_transaction"."superseded_at" > %s)
       AND "transactions_transaction"."version_from" <= %s
       AND "transactions_transaction"."status" IN (%s,
                                                   %s)
       AND "transactions_transaction"."kind" = %s
       AND "transactions_transaction"."occurred_at" >= %s
       AND "transactions_transaction"."occurred_at" < %s)
GROUP BY 1
HAVING MAX("transactions_transaction"."goods_amount") < %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int8(10000)
