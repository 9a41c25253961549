-- {"type": "transactions.source", "quantifier": "first", "channels": ["paid_search", "paid_social"]}
-- People who made their first purchase ever from paid search or paid social (by the visit in which it happened) ever.
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
                   U0."occurred_at" ASC,
                   U0."root_id" ASC)
       AND CASE
               WHEN ("transactions_transaction"."channel" IN (%s,
                                                              %s)) THEN %s
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
-- 'paid_search'
-- 'paid_social'
-- True
-- False
