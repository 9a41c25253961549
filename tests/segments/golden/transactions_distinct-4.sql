-- {"type": "transactions.distinct", "of": "coupons", "operator": "at_most", "number": 1}
-- People who bought at most 1 different coupon ever.
-- Everybody but these contacts:
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
       AND NOT ("transactions_transaction"."coupon" = %s))
GROUP BY 1
HAVING COUNT(DISTINCT "transactions_transaction"."coupon") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- ''
-- Int4(1)
