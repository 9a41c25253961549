-- {"type": "transactions.compared", "statistic": "units_bought", "comparison": "percent_less", "percent": 50, "window": {"last": 30, "unit": "days"}, "than": {"between": [30, 60], "unit": "days"}, "where": [{"field": "brand", "values": ["Nordica"]}]}
-- People who had units bought in the last 30 days less by at least 50 % than between 30 and 60 days ago where brand is any of Nordica.
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
       AND "transactions_lineitem"."brand_id" IN (%s)
       AND (("transactions_lineitem"."occurred_at" >= %s
             AND "transactions_lineitem"."occurred_at" < %s)
            OR ("transactions_lineitem"."occurred_at" >= %s
                AND "transactions_lineitem"."occurred_at" < %s)))
GROUP BY 1
HAVING (COALESCE(SUM("transactions_lineitem"."quantity") FILTER (
                                                                 WHERE ("transactions_lineitem"."occurred_at" >= %s
                                                                        AND "transactions_lineitem"."occurred_at" < %s)), %s) > %s
        AND ((%s * COALESCE(SUM("transactions_lineitem"."quantity") FILTER (
                                                                            WHERE ("transactions_lineitem"."occurred_at" >= %s
                                                                                   AND "transactions_lineitem"."occurred_at" < %s)), %s)) - (%s * COALESCE(SUM("transactions_lineitem"."quantity") FILTER (
                                                                                                                                                                                                           WHERE ("transactions_lineitem"."occurred_at" >= %s
                                                                                                                                                                                                                  AND "transactions_lineitem"."occurred_at" < %s)), %s))) <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 1701
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-01-14T12:00:00+00:00
-- 2026-02-13T12:00:00+00:00
-- 2026-01-14T12:00:00+00:00
-- 2026-02-13T12:00:00+00:00
-- Int4(0)
-- Int8(0)
-- Int4(100)
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- Decimal('50.0')
-- 2026-01-14T12:00:00+00:00
-- 2026-02-13T12:00:00+00:00
-- Int4(0)
-- Decimal('0')
