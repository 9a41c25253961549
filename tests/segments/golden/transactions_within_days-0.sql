-- {"type": "transactions.within_days", "statistic": "amount_spent", "operator": "more_than", "amount": "100.00", "days": 90}
-- People who spent more than EUR 100.00 within some 90 days ever.
-- These contacts:
SELECT "contact_id"
FROM
  (SELECT *
   FROM
     (SELECT "transactions_transaction"."contact_id" AS "contact_id",
             SUM("transactions_transaction"."goods_amount") OVER (PARTITION BY "transactions_transaction"."contact_id"
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
   WHERE "qual0" > %s) "qualify_mask"

-- Parameters, in order:
-- 'Europe/Warsaw'
-- 89
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(10000)
