-- {"type": "transactions.margin", "operator": "less_than", "amount": "0.00"}
-- People who brought a margin of less than EUR 0.00 ever.
-- These contacts:

  (SELECT "transactions_contactstatistics"."contact_id" AS "contact_id"
   FROM "transactions_contactstatistics"
   WHERE ("transactions_contactstatistics"."workspace_id" = %s
          AND "transactions_contactstatistics"."settled_at" < %s
          AND "transactions_contactstatistics"."margin" < %s
          AND NOT ("transactions_contactstatistics"."margin" IS NULL)))
UNION ALL
  (SELECT "transactions_lineitem"."contact_id" AS "contact_id"
   FROM "transactions_lineitem"
   WHERE ("transactions_lineitem"."workspace_id" = %s
          AND "transactions_lineitem"."contact_id" IN
            (SELECT U0."contact_id" AS "contact_id"
             FROM "transactions_contactstatistics" U0
             WHERE (U0."workspace_id" = %s
                    AND U0."settled_at" >= %s))
          AND "transactions_lineitem"."occurred_at" < %s
          AND ("transactions_lineitem"."superseded_at" IS NULL
               OR "transactions_lineitem"."superseded_at" > %s)
          AND "transactions_lineitem"."version_from" <= %s
          AND "transactions_lineitem"."status" IN (%s,
                                                   %s)
          AND "transactions_lineitem"."kind" = %s
          AND "transactions_lineitem"."quantity" > %s
          AND "transactions_lineitem"."cost" IS NOT NULL)
   GROUP BY 1
   HAVING SUM(("transactions_lineitem"."amount" - "transactions_lineitem"."cost")) < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- Int8(0)
-- 77
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- Int4(0)
