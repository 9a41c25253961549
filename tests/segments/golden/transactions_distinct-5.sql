-- {"type": "transactions.distinct", "of": "sales_channels", "operator": "between", "number": 1, "upper": 2}
-- People who bought between 1 and 2 different sales channels ever.
-- These contacts:
SELECT "transactions_transaction"."contact_id" AS "contact_id"
FROM "transactions_transaction"
WHERE ("transactions_transaction"."workspace_id" = %s
       AND "transactions_transaction"."occurred_at" < %s
       AND ("transactions_transaction"."superseded_at" IS NULL
            OR "transactions_transaction"."superseded_at" > %s)
       AND "transactions_transaction"."version_from" <= %s
       AND "transactions_transaction"."status" IN (%s,
                                                   %s)
       AND "transactions_transaction"."kind" = %s
       AND NOT ("transactions_transaction"."sales_channel" = %s))
GROUP BY 1
HAVING (COUNT(DISTINCT "transactions_transaction"."sales_channel") >= %s
        AND COUNT(DISTINCT "transactions_transaction"."sales_channel") <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- ''
-- Int4(1)
-- Int4(2)
