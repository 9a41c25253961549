-- {"type": "transactions.within_days", "statistic": "amount_spent", "operator": "at_least", "amount": "150.00", "days": 30, "where": [{"field": "brand", "values": ["Nordica"]}], "window": {"last": 1, "unit": "years"}}
-- People who spent at least EUR 150.00 within some 30 days where brand is any of Nordica in the last 1 year.
-- These contacts:
SELECT "contact_id"
FROM
  (SELECT *
   FROM
     (SELECT "transactions_lineitem"."contact_id" AS "contact_id",
             SUM("transactions_lineitem"."amount") OVER (PARTITION BY "transactions_lineitem"."contact_id"
                                                         ORDER BY ("transactions_lineitem"."occurred_at" AT TIME ZONE %s)::date RANGE BETWEEN CURRENT ROW AND make_interval(days => %s) FOLLOWING) AS "qual0"
      FROM "transactions_lineitem"
      WHERE ("transactions_lineitem"."workspace_id" = %s
             AND "transactions_lineitem"."occurred_at" < %s
             AND ("transactions_lineitem"."superseded_at" IS NULL
                  OR "transactions_lineitem"."superseded_at" > %s)
             AND "transactions_lineitem"."version_from" <= %s
             AND "transactions_lineitem"."status" IN (%s,
                                                      %s)
             AND "transactions_lineitem"."kind" = %s
             AND "transactions_lineitem"."quantity" > %s
             AND "transactions_lineitem"."occurred_at" >= %s
             AND "transactions_lineitem"."occurred_at" < %s
             AND "transactions_lineitem"."brand_id" IN (%s))) "qualify"
   WHERE "qual0" >= %s) "qualify_mask"

-- Parameters, in order:
-- 'Europe/Warsaw'
-- 29
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1701
-- Int8(15000)
