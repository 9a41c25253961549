-- {"type": "transactions.bought", "where": [{"field": "brand", "operator": "none_of", "values": ["Salewa"]}, {"field": "amount", "operator": "between", "value": "50.00", "upper": "200.00"}, {"field": "margin", "operator": "at_least", "value": "10.00"}], "scope": "in_transaction", "operator": "at_least", "number": 2}
-- People who bought things where [brand is none of Salewa] and [amount between EUR 50.00 and EUR 200.00] and [margin at least EUR 10.00] in one transaction in at least 2 transactions ever.
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
       AND ("transactions_lineitem"."brand_id" IS NULL
            OR NOT ("transactions_lineitem"."brand_id" IN (%s)
                    AND "transactions_lineitem"."brand_id" IS NOT NULL))
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
                 AND (U0."brand_id" IS NULL
                      OR NOT (U0."brand_id" IN (%s)
                              AND U0."brand_id" IS NOT NULL)))
          GROUP BY 1
          HAVING (SUM(U0."amount") >= %s
                  AND SUM(U0."amount") <= %s
                  AND COALESCE(SUM((U0."amount" - U0."cost")), %s) >= %s)))
GROUP BY 1
HAVING COUNT(DISTINCT "transactions_lineitem"."transaction_id") >= %s

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
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1702
-- Int8(5000)
-- Int8(20000)
-- Int4(0)
-- Int4(1000)
-- Int4(2)
