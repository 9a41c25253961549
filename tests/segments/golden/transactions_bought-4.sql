-- {"type": "transactions.bought", "where": [{"field": "property", "property": "size", "values": ["42", "L"]}], "operator": "exactly", "number": 0}
-- People who bought things where property “size” is any of 42 or L altogether in exactly 0 transactions ever.
-- Everybody but these contacts:
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
                 AND (U0."text_key" IN (%s,
                                        %s)
                      OR U0."number" IN (%s)))))
GROUP BY 1
HAVING (COUNT(DISTINCT "transactions_lineitem"."transaction_id") < %s
        OR COUNT(DISTINCT "transactions_lineitem"."transaction_id") > %s)

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
-- 'l'
-- 42.0
-- Int4(0)
-- Int4(0)
