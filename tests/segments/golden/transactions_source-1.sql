-- {"type": "transactions.source", "quantifier": "any", "channels": ["email", "utm"], "window": {"last": 90, "unit": "days"}}
-- People who bought at least once from e-mail or a link with UTM fields (by the visit in which it happened) in the last 90 days.
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
       AND "transactions_transaction"."occurred_at" < %s
       AND CASE
               WHEN ("transactions_transaction"."channel" IN (%s)
                     OR NOT ("transactions_transaction"."utm_source" = %s)
                     OR NOT ("transactions_transaction"."utm_medium" = %s)
                     OR NOT ("transactions_transaction"."utm_campaign" = %s)) THEN %s
               ELSE %s
           END)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'email'
-- ''
-- ''
-- ''
-- True
-- False
