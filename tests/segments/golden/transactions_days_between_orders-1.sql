-- {"type": "transactions.days_between_orders", "operator": "more_than", "days": 45.5, "window": {"last": 2, "unit": "years"}}
-- People who bought on average every more than 45.5 days in the last 2 years.
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
       AND "transactions_transaction"."occurred_at" >= %s
       AND "transactions_transaction"."occurred_at" < %s)
GROUP BY 1
HAVING (COUNT("transactions_transaction"."id") >= %s
        AND (EXTRACT(EPOCH
                     FROM (MAX("transactions_transaction"."occurred_at") - MIN("transactions_transaction"."occurred_at"))) - (%s * (COUNT("transactions_transaction"."id") - %s))) > %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2024-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(2)
-- Decimal('3931200.0')
-- Int4(1)
-- Decimal('0')
