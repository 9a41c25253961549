-- {"type": "transactions.source", "quantifier": "only", "channels": ["ad"]}
-- People who bought only from any ad (by the visit in which it happened) ever.
-- These contacts:

  (SELECT "transactions_contactstatistics"."contact_id" AS "contact_id"
   FROM "transactions_contactstatistics"
   WHERE ("transactions_contactstatistics"."workspace_id" = %s
          AND "transactions_contactstatistics"."settled_at" < %s
          AND ("transactions_contactstatistics"."sources" & %s) = ("transactions_contactstatistics"."sources")
          AND "transactions_contactstatistics"."sources" > %s))
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
   HAVING COUNT("transactions_transaction"."id") FILTER (
                                                         WHERE (CASE
                                                                    WHEN CASE
                                                                             WHEN ("transactions_transaction"."is_paid_channel") THEN %s
                                                                             ELSE %s
                                                                         END THEN %s
                                                                    ELSE %s
                                                                END)) = %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- Int4(922337203685477580)
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
-- True
-- False
-- False
-- True
-- Int4(0)
