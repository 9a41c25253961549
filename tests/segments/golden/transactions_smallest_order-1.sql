-- {"type": "transactions.smallest_order", "operator": "more_than", "amount": "50.00", "window": {"last": 6, "unit": "months"}}
-- People who made their smallest transaction of more than EUR 50.00 in the last 6 months.
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
HAVING MIN("transactions_transaction"."goods_amount") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-09-15T11:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int8(5000)
