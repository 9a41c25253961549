-- {"type": "transactions.days_since_last_order", "operator": "at_least", "days": 90}
-- People who made their last transaction at least 90 days ago.
-- These contacts:

  (SELECT "transactions_contactstatistics"."contact_id" AS "contact_id"
   FROM "transactions_contactstatistics"
   WHERE ("transactions_contactstatistics"."workspace_id" = %s
          AND "transactions_contactstatistics"."settled_at" < %s
          AND "transactions_contactstatistics"."last_at" <= %s))
UNION ALL
  (SELECT "transactions_transaction"."contact_id" AS "contact_id"
   FROM "transactions_transaction"
   WHERE ("transactions_transaction"."workspace_id" = %s
          AND "transactions_transaction"."contact_id" IN
            (SELECT U0."contact_id" AS "contact_id"
             FROM "transactions_contactstatistics" U0
             WHERE (U0."workspace_id" = %s
                    AND U0."settled_at" >= %s))
          AND "transactions_transaction"."occurred_at" < %s
          AND ("transactions_transaction"."superseded_at" IS NULL
               OR "transactions_transaction"."superseded_at" > %s)
          AND "transactions_transaction"."version_from" <= %s
          AND "transactions_transaction"."status" IN (%s,
                                                      %s)
          AND "transactions_transaction"."kind" = %s)
   GROUP BY 1
   HAVING MAX("transactions_transaction"."occurred_at") <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- 77
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-15T12:00:00+00:00
