-- {"type": "transactions.source", "quantifier": "last", "channels": ["organic_search"], "window": {"calendar": "this_year"}}
-- People who made their last purchase from search (by the visit in which it happened) in this calendar year.
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
       AND "transactions_transaction"."id" IN
         (SELECT DISTINCT ON (U0."contact_id") U0."id" AS "pk"
          FROM "transactions_transaction" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."occurred_at" < %s
                 AND (U0."superseded_at" IS NULL
                      OR U0."superseded_at" > %s)
                 AND U0."version_from" <= %s
                 AND U0."status" IN (%s,
                                     %s)
                 AND U0."kind" = %s)
          ORDER BY U0."contact_id" ASC,
                   U0."occurred_at" DESC,
                   U0."root_id" DESC)
       AND "transactions_transaction"."occurred_at" >= %s
       AND "transactions_transaction"."occurred_at" < %s
       AND CASE
               WHEN ("transactions_transaction"."channel" IN (%s)) THEN %s
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
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- 'organic_search'
-- True
-- False
