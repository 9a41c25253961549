-- {"type": "transactions.bought", "where": [{"field": "coupon", "operator": "has_value"}], "operator": "between", "number": 1, "upper": 2, "statuses": ["paid", "fulfilled", "pending"]}
-- People who bought things where coupon has a value altogether in between 1 and 2 transactions ever (transactions with status paid, fulfilled, pending).
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
       AND "transactions_transaction"."kind" = %s
       AND "transactions_transaction"."coupon" IS NOT NULL
       AND NOT ("transactions_transaction"."coupon" = %s))
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
-- 'pending'
-- 'purchase'
-- ''
-- Int4(1)
-- Int4(2)
