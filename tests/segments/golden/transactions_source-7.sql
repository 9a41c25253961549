-- {"type": "transactions.source", "quantifier": "any", "utm": [{"field": "utm_campaign", "operator": "starts_with", "values": ["winter"]}]}
-- People who bought at least once from links with UTM campaign starts with winter (by the visit in which it happened) ever.
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
       AND CASE
               WHEN ("transactions_transaction"."utm_campaign"::text LIKE %s) THEN %s
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
-- 'winter%'
-- True
-- False
