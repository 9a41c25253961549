-- {"type": "activities.lifecycle", "subject": "purchase", "stage": "regularly", "at_least": 3, "of_last": 6, "unit": "months"}
-- People who keep buying: in at least 3 of the last 6 months.
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
       AND "transactions_transaction"."occurred_at" >= %s)
GROUP BY 1
HAVING COUNT(DISTINCT CASE
                          WHEN ("transactions_transaction"."occurred_at" >= %s) THEN %s
                          WHEN ("transactions_transaction"."occurred_at" >= %s) THEN %s
                          WHEN ("transactions_transaction"."occurred_at" >= %s) THEN %s
                          WHEN ("transactions_transaction"."occurred_at" >= %s) THEN %s
                          WHEN ("transactions_transaction"."occurred_at" >= %s) THEN %s
                          WHEN ("transactions_transaction"."occurred_at" >= %s) THEN %s
                          ELSE NULL
                      END) >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-09-15T11:00:00+00:00
-- 2026-02-15T12:00:00+00:00
-- Int4(0)
-- 2026-01-15T12:00:00+00:00
-- Int4(1)
-- 2025-12-15T12:00:00+00:00
-- Int4(2)
-- 2025-11-15T12:00:00+00:00
-- Int4(3)
-- 2025-10-15T11:00:00+00:00
-- Int4(4)
-- 2025-09-15T11:00:00+00:00
-- Int4(5)
-- Int4(3)
