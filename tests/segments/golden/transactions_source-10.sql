-- {"type": "transactions.source", "quantifier": "none", "channels": ["paid_search"], "model": "any_touch", "days": 14, "statuses": ["paid"]}
-- People who never bought from paid search (by any visit before it within 14 days) ever (transactions with status paid).
-- Everybody but these contacts:
SELECT "transactions_transaction"."contact_id" AS "contact_id"
FROM "transactions_transaction"
WHERE ("transactions_transaction"."workspace_id" = %s
       AND "transactions_transaction"."occurred_at" < %s
       AND ("transactions_transaction"."superseded_at" IS NULL
            OR "transactions_transaction"."superseded_at" > %s)
       AND "transactions_transaction"."version_from" <= %s
       AND "transactions_transaction"."status" IN (%s)
       AND "transactions_transaction"."kind" = %s
       AND CASE
               WHEN ((("transactions_transaction"."is_source_given"
                       OR (NOT ("transactions_transaction"."is_source_given")
                           AND NOT (EXISTS
                                      (SELECT %s AS "a"
                                       FROM "tracking_visit" U0
                                       WHERE (U0."contact_id" = ("transactions_transaction"."contact_id")
                                              AND U0."occurred_at" <= ("transactions_transaction"."occurred_at")
                                              AND U0."workspace_id" = ("transactions_transaction"."workspace_id")
                                              AND U0."occurred_at" < %s
                                              AND U0."occurred_at" > ("transactions_transaction"."occurred_at" - %s))
                                       LIMIT 1))))
                      AND "transactions_transaction"."channel" IN (%s))
                     OR EXISTS
                       (SELECT %s AS "a"
                        FROM "tracking_visit" U0
                        WHERE (U0."contact_id" = ("transactions_transaction"."contact_id")
                               AND U0."occurred_at" <= ("transactions_transaction"."occurred_at")
                               AND U0."workspace_id" = ("transactions_transaction"."workspace_id")
                               AND U0."occurred_at" < %s
                               AND U0."occurred_at" > ("transactions_transaction"."occurred_at" - %s)
                               AND U0."channel" IN (%s))
                        LIMIT 1)) THEN %s
               ELSE %s
           END)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'purchase'
-- Int4(1)
-- 2026-03-15T12:00:00+00:00
-- datetime.timedelta(days=14)
-- 'paid_search'
-- Int4(1)
-- 2026-03-15T12:00:00+00:00
-- datetime.timedelta(days=14)
-- 'paid_search'
-- True
-- False
