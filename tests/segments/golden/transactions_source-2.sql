-- {"type": "transactions.source", "quantifier": "none", "channels": ["direct", "email"]}
-- People who never bought from direct or e-mail (by the visit in which it happened) ever.
-- Everybody but these contacts:

  (SELECT "transactions_contactstatistics"."contact_id" AS "contact_id"
   FROM "transactions_contactstatistics"
   WHERE ("transactions_contactstatistics"."workspace_id" = %s
          AND "transactions_contactstatistics"."settled_at" < %s
          AND ("transactions_contactstatistics"."sources" & %s) > %s))
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
          AND "transactions_transaction"."kind" = %s
          AND CASE
                  WHEN ("transactions_transaction"."channel" IN (%s,
                                                                 %s)) THEN %s
                  ELSE %s
              END))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- Int4(4222128677191680)
-- Int4(0)
-- 77
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 'direct'
-- 'email'
-- True
-- False
