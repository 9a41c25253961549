-- {"type": "transactions.bought", "where": [{"field": "brand", "values": ["Nordica"]}, {"field": "amount", "operator": "more_than", "value": "300.00"}], "window": {"last": 6, "unit": "months"}}
-- People who bought things where [brand is any of Nordica] and [amount more than EUR 300.00] altogether in at least 1 transaction in the last 6 months.
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
       AND "transactions_lineitem"."occurred_at" >= %s
       AND "transactions_lineitem"."occurred_at" < %s
       AND "transactions_lineitem"."brand_id" IN (%s))
GROUP BY 1
HAVING (COUNT(DISTINCT "transactions_lineitem"."transaction_id") >= %s
        AND SUM("transactions_lineitem"."amount") > %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 2025-09-15T11:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1701
-- Int4(1)
-- Int8(30000)
