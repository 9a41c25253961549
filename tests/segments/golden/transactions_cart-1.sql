-- {"type": "transactions.cart", "state": "abandoned", "hours": 24, "where": [{"field": "product", "values": ["P-1"]}]}
-- People who abandoned a cart (not bought for 24 hours) where product is any of Product P-1 ever.
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
       AND "transactions_transaction"."id" IN
         (SELECT U0."transaction_id" AS "transaction_id"
          FROM "transactions_lineitem" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."occurred_at" < %s
                 AND (U0."superseded_at" IS NULL
                      OR U0."superseded_at" > %s)
                 AND U0."version_from" <= %s
                 AND U0."kind" = %s
                 AND U0."quantity" > %s
                 AND U0."product_id" IN (%s)))
       AND "transactions_transaction"."converted_to" = %s
       AND "transactions_transaction"."occurred_at" <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'cart'
-- 'cancelled'
-- 'test'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'cart'
-- Int8(0)
-- 1601
-- ''
-- 2026-03-14T12:00:00+00:00
