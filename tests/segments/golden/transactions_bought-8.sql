-- {"type": "transactions.bought", "where": [{"field": "brand", "values": ["Nordica"]}, {"field": "amount", "operator": "at_most", "value": "100.00"}], "operator": "at_most", "number": 3, "window": {"calendar": "this_year"}}
-- People who bought things where [brand is any of Nordica] and [amount at most EUR 100.00] altogether in at most 3 transactions in this calendar year.
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
HAVING (COUNT(DISTINCT "transactions_lineitem"."transaction_id") > %s
        OR SUM("transactions_lineitem"."amount") > %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- 1701
-- Int4(3)
-- Int8(10000)
