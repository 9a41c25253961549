-- {"type": "transactions.units_bought", "operator": "between", "number": 2, "upper": 10, "where": [{"field": "property", "property": "size", "values": ["42"]}]}
-- People who bought between 2 and 10 units where property “size” is any of 42 ever.
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
       AND "transactions_lineitem"."id" IN
         (SELECT U0."line_item_id" AS "line_item_id"
          FROM "transactions_lineproperty" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."key" = %s
                 AND (U0."text_key" IN (%s)
                      OR U0."number" IN (%s)))))
GROUP BY 1
HAVING (SUM("transactions_lineitem"."quantity") >= %s
        AND SUM("transactions_lineitem"."quantity") <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 77
-- 'size'
-- '42'
-- 42.0
-- Int8(2000)
-- Int8(10000)
