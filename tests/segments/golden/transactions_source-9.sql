-- {"type": "transactions.source", "quantifier": "any", "channels": ["affiliate"], "model": "first_touch"}
-- People who bought at least once from affiliate (by the contact's first visit) ever.
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
               WHEN ("transactions_transaction"."is_source_given") THEN CASE
                                                                            WHEN ("transactions_transaction"."channel" IN (%s)) THEN %s
                                                                            ELSE %s
                                                                        END
               ELSE COALESCE(
                               (SELECT CASE
                                           WHEN (U0."channel" IN (%s)) THEN %s
                                           ELSE %s
                                       END AS "passes"
                                FROM "tracking_visit" U0
                                WHERE (U0."contact_id" = ("transactions_transaction"."contact_id")
                                       AND U0."occurred_at" <= ("transactions_transaction"."occurred_at")
                                       AND U0."workspace_id" = ("transactions_transaction"."workspace_id")
                                       AND U0."occurred_at" < %s)
                                ORDER BY U0."occurred_at" ASC, U0."external_id" ASC
                                LIMIT 1), CASE
                                              WHEN ("transactions_transaction"."channel" IN (%s)) THEN %s
                                              ELSE %s
                                          END)
           END)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 'affiliate'
-- True
-- False
-- 'affiliate'
-- True
-- False
-- 2026-03-15T12:00:00+00:00
-- 'affiliate'
-- True
-- False
