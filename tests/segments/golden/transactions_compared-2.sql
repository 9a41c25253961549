-- {"type": "transactions.compared", "statistic": "average_order", "comparison": "percent_more", "percent": 20, "window": {"last": 6, "unit": "months"}, "than": {"older_than": 6, "unit": "months"}}
-- People who had average transaction in the last 6 months more by at least 20 % than more than 6 months ago.
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
            OR "transactions_transaction"."occurred_at" < %s))
GROUP BY 1
HAVING (COUNT(DISTINCT "transactions_transaction"."id") FILTER (
                                                                WHERE ("transactions_transaction"."occurred_at" < %s)) > %s
        AND COUNT(DISTINCT "transactions_transaction"."id") FILTER (
                                                                    WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                           AND "transactions_transaction"."occurred_at" < %s)) > %s
        AND (COALESCE(SUM("transactions_transaction"."goods_amount") FILTER (
                                                                             WHERE ("transactions_transaction"."occurred_at" < %s)), %s) * COUNT(DISTINCT "transactions_transaction"."id") FILTER (
                                                                                                                                                                                                   WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                                                                                                                                                          AND "transactions_transaction"."occurred_at" < %s))) > %s
        AND ((%s * (COALESCE(SUM("transactions_transaction"."goods_amount") FILTER (
                                                                                    WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                                           AND "transactions_transaction"."occurred_at" < %s)), %s) * COUNT(DISTINCT "transactions_transaction"."id") FILTER (
                                                                                                                                                                                                              WHERE ("transactions_transaction"."occurred_at" < %s)))) - (%s * (COALESCE(SUM("transactions_transaction"."goods_amount") FILTER (
                                                                                                                                                                                                                                                                                                                                                WHERE ("transactions_transaction"."occurred_at" < %s)), %s) * COUNT(DISTINCT "transactions_transaction"."id") FILTER (
                                                                                                                                                                                                                                                                                                                                                                                                                                                                      WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                                                                                                                                                                                                                                                                                                                                                                                                                             AND "transactions_transaction"."occurred_at" < %s))))) >= %s)

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
-- 2025-09-15T11:00:00+00:00
-- 2025-09-15T11:00:00+00:00
-- Int4(0)
-- 2025-09-15T11:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- 2025-09-15T11:00:00+00:00
-- Int4(0)
-- 2025-09-15T11:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- Int4(100)
-- 2025-09-15T11:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- 2025-09-15T11:00:00+00:00
-- Decimal('120.0')
-- 2025-09-15T11:00:00+00:00
-- Int4(0)
-- 2025-09-15T11:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Decimal('0')
