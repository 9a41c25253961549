-- {"type": "transactions.cart", "state": "abandoned", "hours": 4, "window": {"last": 7, "unit": "days"}}
-- People who abandoned a cart (not bought for 4 hours) in the last 7 days.
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
       AND "transactions_transaction"."occurred_at" >= %s
       AND "transactions_transaction"."occurred_at" < %s
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
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- ''
-- 2026-03-15T08:00:00+00:00
