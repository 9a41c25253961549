-- {"type": "transactions.amount_spent", "operator": "at_least", "amount": "80.00", "where": [{"field": "product", "operator": "none_of", "values": ["P-1"]}], "scope": "in_line"}
-- People who spent at least EUR 80.00 in one line where product is none of Product P-1 ever.
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
       AND ("transactions_lineitem"."product_id" IS NULL
            OR NOT ("transactions_lineitem"."product_id" IN (%s)
                    AND "transactions_lineitem"."product_id" IS NOT NULL))
       AND "transactions_lineitem"."amount" >= %s)

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
-- Int8(8000)
