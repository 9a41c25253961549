-- {"type": "transactions.cart", "state": "converted", "where": [{"field": "transaction_amount", "operator": "at_least", "value": "100.00"}]}
-- People who turned a cart into a purchase where amount of the transaction at least EUR 100.00 ever.
-- These contacts:
SELECT "transactions_transaction"."contact_id" AS "contact_id"
FROM "transactions_transaction"
WHERE ("transactions_transaction"."workspace_id" = %s
       AND "transactions_transaction"."occurred_at" < %s
       AND ("transactions_transaction"."superseded_at" IS NULL
            OR "transactions_transaction"."superseded_at" > %s)
       AND "transactions_transaction"."version_from" <= %s
       AND "transactions_transaction"."kind" = %s
       AND NOT ("transactions_transaction"."status" IN (%s,
                                                        %s))
       AND "transactions_transaction"."goods_amount" >= %s
       AND NOT ("transactions_transaction"."converted_to" = %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'cart'
-- 'cancelled'
-- 'test'
-- Int8(10000)
-- ''
