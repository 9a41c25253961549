-- {"type": "transactions.margin", "operator": "at_least", "amount": "100.00", "window": {"last": 1, "unit": "years"}}
-- People who brought a margin of at least EUR 100.00 in the last 1 year.
-- These contacts:
SELECT "transactions_lineitem"."contact_id" AS "contact_id"
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
       AND "transactions_lineitem"."cost" IS NOT NULL)
GROUP BY 1
HAVING SUM(("transactions_lineitem"."amount" - "transactions_lineitem"."cost")) >= %s

-- Parameters, in order:
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
-- Int4(10000)
