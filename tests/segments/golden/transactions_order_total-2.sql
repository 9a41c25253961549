-- {"type": "transactions.order_total", "operator": "at_most", "amount": "200.00", "where": [{"field": "sales_channel", "values": ["store"]}]}
-- People who paid at most EUR 200.00 with shipping where sales channel is any of store ever.
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
       AND "transactions_transaction"."sales_channel" IN (%s))
GROUP BY 1
HAVING SUM("transactions_transaction"."total_amount") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 'store'
-- Int8(20000)
