-- {"type": "ranks.rfm", "recency": ["5"], "frequency": ["1", "2"], "monetary": ["3", "4", "5"]}
-- People who are those with recency 5 with frequency 1 or 2 with money 3, 4 or 5 of the buyers ever.
-- These contacts:
SELECT "contact_id"
FROM
  (SELECT *
   FROM
     (SELECT "transactions_transaction"."contact_id" AS "contact_id",
             NTILE(%s) OVER (
                             ORDER BY SUM("transactions_transaction"."goods_amount") DESC, "transactions_transaction"."contact_id" ASC) AS "qual0",
             NTILE(%s) OVER (
                             ORDER BY COUNT("transactions_transaction"."id") DESC, "transactions_transaction"."contact_id" ASC) AS "qual1",
             NTILE(%s) OVER (
                             ORDER BY MAX("transactions_transaction"."occurred_at") DESC, "transactions_transaction"."contact_id" ASC) AS "qual2"
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
   WHERE ("qual2" IN (%s)
          AND "qual1" IN (%s,
                          %s)
          AND "qual0" IN (%s,
                          %s,
                          %s))) "qualify_mask"

-- Parameters, in order:
-- Int4(5)
-- Int4(5)
-- Int4(5)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 77
-- 2026-03-15T12:00:00+00:00
-- Int4(1)
-- Int4(5)
-- Int4(4)
-- Int4(3)
-- Int4(2)
-- Int4(1)
