-- {"type": "transactions.number_of_orders", "operator": "exactly", "number": 0, "where": [{"field": "brand", "values": ["Salewa"]}], "window": {"last": 1, "unit": "years"}}
-- People who made exactly 0 transactions where brand is any of Salewa in the last 1 year.
-- Everybody but these contacts:
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
       AND "transactions_lineitem"."occurred_at" >= %s
       AND "transactions_lineitem"."occurred_at" < %s
       AND "transactions_lineitem"."brand_id" IN (%s))
GROUP BY 1
HAVING (COUNT(DISTINCT "transactions_lineitem"."transaction_id") < %s
        OR COUNT(DISTINCT "transactions_lineitem"."transaction_id") > %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1702
-- Int4(0)
-- Int4(0)
