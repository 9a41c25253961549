-- {"type": "ranks.top", "by": "amount_spent", "number": 100}
-- People who are among the highest 100 contacts by amount spent ever.
-- These contacts:
SELECT "contact_id"
FROM
  (SELECT *
   FROM
     (SELECT "transactions_transaction"."contact_id" AS "contact_id",
             ROW_NUMBER() OVER (
                                ORDER BY SUM("transactions_transaction"."goods_amount") DESC, "transactions_transaction"."contact_id" ASC) AS "qual0"
      FROM "transactions_transaction"
      WHERE ("transactions_transaction"."workspace_id" = %s
             AND "transactions_transaction"."occurred_at" < %s
             AND ("transactions_transaction"."superseded_at" IS NULL
                  OR "transactions_transaction"."superseded_at" > %s)
             AND "transactions_transaction"."version_from" <= %s
             AND "transactions_transaction"."status" IN (%s,
                                                         %s)
             AND "transactions_transaction"."kind" = %s
             AND "transactions_transaction"."contact_id" IN
               (SELECT U0."id" AS "pk"
                FROM "contacts_contact" U0
                WHERE (U0."workspace_id" = %s
                       AND U0."erased_at" IS NULL
                       AND U0."merged_into_id" IS NULL
                       AND U0."known_since" < %s)))
      GROUP BY 1) "qualify"
   WHERE "qual0" <= %s) "qualify_mask"

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
-- Int4(100)
