-- {"type": "transactions.compared", "statistic": "amount_spent", "comparison": "less", "window": {"last": 90, "unit": "days"}, "than": {"between": [90, 180], "unit": "days"}}
-- People who had amount spent in the last 90 days less than between 90 and 180 days ago.
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
       AND (("transactions_transaction"."occurred_at" >= %s
             AND "transactions_transaction"."occurred_at" < %s)
            OR ("transactions_transaction"."occurred_at" >= %s
                AND "transactions_transaction"."occurred_at" < %s)))
GROUP BY 1
HAVING ((%s * COALESCE(SUM("transactions_transaction"."goods_amount") FILTER (
                                                                              WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                                     AND "transactions_transaction"."occurred_at" < %s)), %s)) - (%s * COALESCE(SUM("transactions_transaction"."goods_amount") FILTER (
                                                                                                                                                                                                                       WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                                                                                                                                                                              AND "transactions_transaction"."occurred_at" < %s)), %s))) < %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2025-09-16T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- Int4(100)
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- Decimal('100')
-- 2025-09-16T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- Int4(0)
-- Decimal('0')
