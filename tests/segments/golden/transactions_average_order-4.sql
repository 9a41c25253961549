-- {"type": "transactions.average_order", "operator": "more_than", "amount": "40.00", "where": [{"field": "brand", "values": ["Salewa"]}]}
-- People who spent on average more than EUR 40.00 a transaction where brand is any of Salewa ever.
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
HAVING (SUM("transactions_lineitem"."amount") - (%s * COUNT(DISTINCT "transactions_lineitem"."transaction_id"))) > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1702
-- Decimal('4000')
-- Decimal('0')
