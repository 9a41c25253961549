-- {"type": "transactions.amount_spent", "operator": "at_least", "amount": "150.00", "where": [{"field": "category", "values": ["Ski boots"]}, {"field": "coupon", "operator": "has_no_value"}], "scope": "in_transaction"}
-- People who spent at least EUR 150.00 in one transaction where [product category is any of Ski boots] and [coupon has no value] ever.
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
       AND NOT ("transactions_lineitem"."coupon" IS NOT NULL
                AND NOT ("transactions_lineitem"."coupon" = %s)))
GROUP BY 1,
         "transactions_lineitem"."transaction_id"
HAVING SUM("transactions_lineitem"."amount") >= %s

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
-- ''
-- Int8(15000)
