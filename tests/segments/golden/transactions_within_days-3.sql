-- {"type": "transactions.within_days", "statistic": "number_of_orders", "operator": "more_than", "number": 2, "days": 60, "where": [{"field": "product", "values": ["P-1"]}]}
-- People who made more than 2 transactions within some 60 days where product is any of Product P-1 ever.
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
             AND "transactions_transaction"."kind" = %s
             AND "transactions_transaction"."id" IN
               (SELECT U0."transaction_id" AS "transaction_id"
                FROM "transactions_lineitem" U0
                WHERE (U0."workspace_id" = %s
                       AND U0."occurred_at" < %s
                       AND (U0."superseded_at" IS NULL
                            OR U0."superseded_at" > %s)
                       AND U0."version_from" <= %s
                       AND U0."status" IN (%s,
                                           %s)
                       AND U0."kind" = %s
                       AND U0."quantity" > %s
                       AND U0."product_id" IN (%s))))) "qualify"
   WHERE "qual0" > %s) "qualify_mask"

-- Parameters, in order:
-- 'Europe/Warsaw'
-- 59
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1601
-- Int4(2)
