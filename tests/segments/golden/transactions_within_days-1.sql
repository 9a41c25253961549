-- {"type": "transactions.within_days", "statistic": "number_of_orders", "operator": "at_least", "number": 2, "days": 1}
-- People who made at least 2 transactions within some 1 day ever.
-- These contacts:
SELECT "contact_id"
FROM
  (SELECT *
   FROM
     (SELECT "transactions_transaction"."contact_id" AS "contact_id",
             COUNT("transactions_transaction"."id") OVER (PARTITION BY "transactions_transaction"."contact_id"
                                                          ORDER BY ("transactions_transaction"."occurred_at" AT TIME ZONE %s)::date RANGE BETWEEN CURRENT ROW AND make_interval(days => %s) FOLLOWING) AS "qual0"
      FROM "transactions_transaction"
      WHERE ("transactions_transaction"."workspace_id" = %s
             AND "transactions_transaction"."occurred_at" < %s
             AND ("transactions_transaction"."superseded_at" IS NULL
                  OR "transactions_transaction"."superseded_at" > %s)
             AND "transactions_transaction"."version_from" <= %s
             AND "transactions_transaction"."status" IN (%s,
                                                         %s)
             AND "transactions_transaction"."kind" = %s)) "qualify"
   WHERE "qual0" >= %s) "qualify_mask"

-- Parameters, in order:
-- 'Europe/Warsaw'
-- 0
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int4(2)
