-- {"type": "transactions.amount_spent", "operator": "more_than", "amount": "300.00", "where": [{"field": "brand", "values": ["Nordica"]}], "window": {"last": 6, "unit": "months"}}
-- People who spent more than EUR 300.00 altogether where brand is any of Nordica in the last 6 months.
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
HAVING SUM("transactions_lineitem"."amount") > %s

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
-- Int8(30000)
