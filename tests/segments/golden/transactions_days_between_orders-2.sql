-- {"type": "transactions.days_between_orders", "operator": "between", "days": 20, "upper": 60, "where": [{"field": "product", "values": ["P-1"]}]}
-- People who bought on average every between 20 and 60 days where product is any of Product P-1 ever.
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
       AND "transactions_lineitem"."product_id" IN (%s))
GROUP BY 1
HAVING (COUNT(DISTINCT "transactions_lineitem"."transaction_id") >= %s
        AND (EXTRACT(EPOCH
                     FROM (MAX("transactions_lineitem"."occurred_at") - MIN("transactions_lineitem"."occurred_at"))) - (%s * (COUNT(DISTINCT "transactions_lineitem"."transaction_id") - %s))) <= %s
        AND (EXTRACT(EPOCH
                     FROM (MAX("transactions_lineitem"."occurred_at") - MIN("transactions_lineitem"."occurred_at"))) - (%s * (COUNT(DISTINCT "transactions_lineitem"."transaction_id") - %s))) >= %s)

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
-- Int4(2)
-- Decimal('5184000')
-- Int4(1)
-- Decimal('0')
-- Decimal('1728000')
-- Int4(1)
-- Decimal('0')
