-- {"type": "transactions.bought", "where": [{"field": "product", "values": ["P-1"]}], "together_with": [{"field": "product", "values": ["P-2"]}]}
-- People who bought things where product is any of Product P-1 altogether together with a line where product is any of Product P-2 in at least 1 transaction ever.
-- These contacts:
SELECT "transactions_lineitem"."contact_id" AS "contact_id"
FROM "transactions_lineitem"
WHERE ("transactions_lineitem"."workspace_id" = %s
       AND "transactions_lineitem"."occurred_at" < %s
       AND ("transactions_lineitem"."superseded_at" IS NULL
            OR "transactions_lineitem"."superseded_at" > %s)
       AND "transactions_lineitem"."version_from" <= %s
       AND "transactions_lineitem"."status" IN (%s,
                                                %s)
       AND "transactions_lineitem"."kind" = %s
       AND "transactions_lineitem"."quantity" > %s
       AND "transactions_lineitem"."product_id" IN (%s)
       AND "transactions_lineitem"."transaction_id" IN
         (SELECT U0."transaction_id" AS "transaction_id"
          FROM "transactions_lineitem" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."occurred_at" < %s
                 AND (U0."superseded_at" IS NULL
                      OR U0."superseded_at" > %s)
                 AND U0."version_from" <= %s
                 AND U0."status" IN (%s,
                                     %s)
                 AND U0."kind" = %s
                 AND U0."quantity" > %s
                 AND U0."product_id" IN (%s))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1601
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1602
