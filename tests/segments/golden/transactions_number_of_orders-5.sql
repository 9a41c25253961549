-- {"type": "transactions.number_of_orders", "operator": "between", "number": 2, "upper": 4, "window": {"older_than": 1, "unit": "years"}}
-- People who made between 2 and 4 transactions more than 1 year ago.
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
       AND "transactions_transaction"."occurred_at" < %s)
GROUP BY 1
HAVING (COUNT("transactions_transaction"."id") >= %s
        AND COUNT("transactions_transaction"."id") <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-03-15T12:00:00+00:00
-- Int4(2)
-- Int4(4)
