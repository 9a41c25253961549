-- {"type": "transactions.margin", "operator": "at_most", "amount": "20.00", "where": [{"field": "brand", "operator": "none_of", "values": ["Nordica"]}]}
-- People who brought a margin of at most EUR 20.00 where brand is none of Nordica ever.
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
       AND ("transactions_lineitem"."brand_id" IS NULL
            OR NOT ("transactions_lineitem"."brand_id" IN (%s)
                    AND "transactions_lineitem"."brand_id" IS NOT NULL))
       AND "transactions_lineitem"."cost" IS NOT NULL)
GROUP BY 1
HAVING SUM(("transactions_lineitem"."amount" - "transactions_lineitem"."cost")) > %s

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
-- Int4(2000)
