-- {"type": "transactions.number_of_orders", "operator": "more_than", "number": 1, "statuses": ["pending", "paid", "fulfilled"]}
-- People who made more than 1 transaction ever (transactions with status pending, paid, fulfilled).
-- These contacts:
SELECT "transactions_transaction"."contact_id" AS "contact_id"
FROM "transactions_transaction"
WHERE ("transactions_transaction"."workspace_id" = %s
       AND "transactions_transaction"."occurred_at" < %s
       AND ("transactions_transaction"."superseded_at" IS NULL
            OR "transactions_transaction"."superseded_at" > %s)
       AND "transactions_transaction"."version_from" <= %s
       AND "transactions_transaction"."status" IN (%s,
                                                   %s,
                                                   %s)
       AND "transactions_transaction"."kind" = %s)
GROUP BY 1
HAVING COUNT("transactions_transaction"."id") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'pending'
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int4(1)
