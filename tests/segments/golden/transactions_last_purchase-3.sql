-- {"type": "transactions.last_purchase", "window": {"last_whole_days": 14, "zone": "contact"}}
-- People who made their last purchase in the last 14 whole days (each contact's own time zone).
-- These contacts:

  (SELECT "transactions_contactstatistics"."contact_id" AS "contact_id"
   FROM "transactions_contactstatistics"
   WHERE ("transactions_contactstatistics"."workspace_id" = %s
          AND "transactions_contactstatistics"."settled_at" < %s
          AND NOT ("transactions_contactstatistics"."last_at" IS NULL)
          AND (("transactions_contactstatistics"."contact_id" IN
                  (SELECT U0."contact_id" AS "contact_id"
                   FROM "contacts_attributevalue" U0
                   WHERE (U0."workspace_id" = %s
                          AND (U0."valid_to" IS NULL
                               OR U0."valid_to" > %s)
                          AND U0."valid_from" <= %s
                          AND U0."attribute_id" = %s
                          AND U0."text_norm" = %s))
                AND "transactions_contactstatistics"."last_at" >= %s
                AND "transactions_contactstatistics"."last_at" < %s)
               OR (NOT ("transactions_contactstatistics"."contact_id" IN
                          (SELECT U0."contact_id" AS "contact_id"
                           FROM "contacts_attributevalue" U0
                           WHERE (U0."workspace_id" = %s
                                  AND (U0."valid_to" IS NULL
                                       OR U0."valid_to" > %s)
                                  AND U0."valid_from" <= %s
                                  AND U0."attribute_id" = %s
                                  AND U0."text_norm" IN (%s))))
                   AND "transactions_contactstatistics"."last_at" >= %s
                   AND "transactions_contactstatistics"."last_at" < %s))))
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
   HAVING (MAX("transactions_transaction"."occurred_at") >= %s
           AND MAX("transactions_transaction"."occurred_at") < %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 2026-03-14T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 77
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2026-02-28T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
