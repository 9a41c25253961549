-- {"type": "transactions.compared", "statistic": "number_of_orders", "comparison": "more", "window": {"calendar": "this_year"}, "than": {"calendar": "previous_year"}}
-- People who had number of transactions in this calendar year more than in the previous calendar year.
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
HAVING ((%s * COUNT(DISTINCT "transactions_transaction"."id") FILTER (
                                                                      WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                             AND "transactions_transaction"."occurred_at" < %s))) - (%s * COUNT(DISTINCT "transactions_transaction"."id") FILTER (
                                                                                                                                                                                                  WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                                                                                                                                                         AND "transactions_transaction"."occurred_at" < %s)))) > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- 2024-12-31T23:00:00+00:00
-- 2025-12-31T23:00:00+00:00
-- Int4(100)
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- Decimal('100')
-- 2024-12-31T23:00:00+00:00
-- 2025-12-31T23:00:00+00:00
-- Decimal('0')
