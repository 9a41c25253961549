-- {"type": "transactions.source", "quantifier": "share_of_transactions", "percent": 50, "channels": ["direct", "unknown"]}
-- People who made at least 50 % of their purchases from direct or an unknown source (by the visit in which it happened) ever.
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
       AND "transactions_transaction"."kind" = %s)
GROUP BY 1
HAVING (COUNT("transactions_transaction"."id") > %s
        AND ((%s * COUNT("transactions_transaction"."id") FILTER (
                                                                  WHERE (CASE
                                                                             WHEN ("transactions_transaction"."channel" IN (%s, %s)) THEN %s
                                                                             ELSE %s
                                                                         END))) - (%s * COUNT("transactions_transaction"."id"))) >= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int4(0)
-- Int4(100)
-- 'direct'
-- 'unknown'
-- True
-- False
-- Decimal('50.0')
-- Decimal('0')
