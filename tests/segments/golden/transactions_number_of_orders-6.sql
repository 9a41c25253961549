-- {"type": "transactions.number_of_orders", "operator": "not_exactly", "number": 1, "where": [{"field": "coupon", "values": ["NARTY10"]}]}
-- People who made not exactly 1 transaction where coupon is any of NARTY10 ever.
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
       AND "transactions_transaction"."coupon" IN (%s))
GROUP BY 1
HAVING COUNT("transactions_transaction"."id") = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 'narty10'
-- Int4(1)
