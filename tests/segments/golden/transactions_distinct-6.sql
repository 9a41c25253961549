-- {"type": "transactions.distinct", "of": "days", "operator": "at_least", "number": 2, "where": [{"field": "brand", "values": ["Nordica"]}]}
-- People who bought at least 2 different days where brand is any of Nordica ever.
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
       AND "transactions_lineitem"."brand_id" IN (%s))
GROUP BY 1
HAVING COUNT(DISTINCT ("transactions_lineitem"."occurred_at" AT TIME ZONE %s)::date) >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1701
-- 'Europe/Warsaw'
-- Int4(2)
