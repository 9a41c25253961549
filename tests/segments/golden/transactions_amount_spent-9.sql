-- {"type": "transactions.amount_spent", "operator": "at_most", "amount": "50.00", "window": {"last": 90, "unit": "days"}, "refunds": "by_refund_date"}
-- People who spent at most EUR 50.00 altogether in the last 90 days refunds counted when they were made.
-- Everybody but these contacts:
SELECT "transactions_transaction"."contact_id" AS "contact_id"
FROM "transactions_transaction"
WHERE ("transactions_transaction"."workspace_id" = %s
       AND "transactions_transaction"."occurred_at" < %s
       AND "transactions_transaction"."version_from" <= %s
       AND "transactions_transaction"."root_id" IN
         (SELECT U0."root_id" AS "root_id"
          FROM "transactions_transaction" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."occurred_at" < %s
                 AND (U0."superseded_at" IS NULL
                      OR U0."superseded_at" > %s)
                 AND U0."kind" = %s
                 AND U0."stated_status" IN (%s,
                                            %s)
                 AND U0."version_from" <= %s)))
GROUP BY 1
HAVING ((COALESCE(SUM(("transactions_transaction"."goods_amount" + "transactions_transaction"."refunded_amount")) FILTER (
                                                                                                                          WHERE ("transactions_transaction"."occurred_at" >= %s
                                                                                                                                 AND "transactions_transaction"."occurred_at" < %s
                                                                                                                                 AND ("transactions_transaction"."superseded_at" IS NULL
                                                                                                                                      OR "transactions_transaction"."superseded_at" > %s))), %s) - COALESCE(SUM("transactions_transaction"."refunded_amount") FILTER (
                                                                                                                                                                                                                                                                      WHERE ("transactions_transaction"."version_from" >= %s
                                                                                                                                                                                                                                                                             AND "transactions_transaction"."version_from" < %s)), %s)) + COALESCE(SUM("transactions_transaction"."refunded_amount") FILTER (
                                                                                                                                                                                                                                                                                                                                                                                                             WHERE ("transactions_transaction"."superseded_at" >= %s
                                                                                                                                                                                                                                                                                                                                                                                                                    AND "transactions_transaction"."superseded_at" < %s
                                                                                                                                                                                                                                                                                                                                                                                                                    AND "transactions_transaction"."superseded_at" <= %s)), %s)) > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'purchase'
-- 'paid'
-- 'fulfilled'
-- 2026-03-15T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- Int4(5000)
