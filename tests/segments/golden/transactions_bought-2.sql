-- {"type": "transactions.bought", "where": [{"field": "category", "values": ["Ski boots"]}, {"field": "quantity", "operator": "at_least", "value": 2}, {"field": "coupon", "values": ["NARTY10"]}], "scope": "in_line"}
-- People who bought things where [product category is any of Ski boots] and [quantity at least 2] and [coupon is any of NARTY10] in one line in at least 1 transaction ever.
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
       AND "transactions_lineitem"."category_id" IN (%s)
       AND "transactions_lineitem"."coupon" IN (%s)
       AND "transactions_lineitem"."quantity" >= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1802
-- 'narty10'
-- Int8(2000)
