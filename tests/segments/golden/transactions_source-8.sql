-- {"type": "transactions.source", "quantifier": "only", "channels": ["ad", "email"], "model": "last_non_direct", "days": 30}
-- People who bought only from any ad or e-mail (by the last visit that wasn't direct within 30 days) ever.
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
HAVING COUNT("transactions_transaction"."id") FILTER (
                                                      WHERE (CASE
                                                                 WHEN CASE
                                                                          WHEN ("transactions_transaction"."is_source_given"
                                                                                OR NOT ("transactions_transaction"."channel" IN (%s, %s))) THEN CASE
                                                                                                                                                    WHEN ("transactions_transaction"."channel" IN (%s)
                                                                                                                                                          OR "transactions_transaction"."is_paid_channel") THEN %s
                                                                                                                                                    ELSE %s
                                                                                                                                                END
                                                                          ELSE COALESCE(
                                                                                          (SELECT CASE
                                                                                                      WHEN (U0."channel" IN (%s)
                                                                                                            OR U0."is_paid") THEN %s
                                                                                                      ELSE %s
                                                                                                  END AS "passes"
                                                                                           FROM "tracking_visit" U0
                                                                                           WHERE (U0."contact_id" = ("transactions_transaction"."contact_id")
                                                                                                  AND U0."occurred_at" <= ("transactions_transaction"."occurred_at")
                                                                                                  AND U0."workspace_id" = ("transactions_transaction"."workspace_id")
                                                                                                  AND U0."occurred_at" < %s
                                                                                                  AND U0."occurred_at" > ("transactions_transaction"."occurred_at" - %s)
                                                                                                  AND NOT (U0."channel" = %s))
                                                                                           ORDER BY U0."occurred_at" DESC, U0."external_id" DESC
                                                                                           LIMIT 1), CASE
                                                                                                         WHEN ("transactions_transaction"."channel" IN (%s)
                                                                                                               OR "transactions_transaction"."is_paid_channel") THEN %s
                                                                                                         ELSE %s
                                                                                                     END)
                                                                      END THEN %s
                                                                 ELSE %s
                                                             END)) = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 'direct'
-- 'unknown'
-- 'email'
-- True
-- False
-- 'email'
-- True
-- False
-- 2026-03-15T12:00:00+00:00
-- datetime.timedelta(days=30)
-- 'direct'
-- 'email'
-- True
-- False
-- False
-- True
-- Int4(0)
