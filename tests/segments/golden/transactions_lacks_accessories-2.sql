-- {"type": "transactions.lacks_accessories", "lacking": "at_least_one", "window": {"last": 90, "unit": "days"}}
-- People who bought any product in the last 90 days and lacks at least one of its accessories.
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
       AND EXISTS
         (SELECT %s AS "a"
          FROM "transactions_productaccessory" V0
          INNER JOIN "transactions_product" V2 ON (V0."accessory_id" = V2."id")
          WHERE (V0."workspace_id" = %s
                 AND (V2."archived_at" IS NULL
                      OR V2."archived_at" > %s)
                 AND V0."product_id" = ("transactions_lineitem"."product_id")
                 AND NOT EXISTS
                   (SELECT %s AS "a"
                    FROM "transactions_lineitem" U0
                    WHERE (U0."workspace_id" = %s
                           AND U0."occurred_at" < %s
                           AND (U0."superseded_at" IS NULL
                                OR U0."superseded_at" > %s)
                           AND U0."version_from" <= %s
                           AND U0."status" IN (%s, %s)
                           AND U0."kind" = %s
                           AND U0."quantity" > %s
                           AND U0."contact_id" = ("transactions_lineitem"."contact_id")
                           AND U0."product_id" = (V0."accessory_id"))
                    LIMIT 1))
          LIMIT 1))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(1)
-- 77
-- 2026-03-15T12:00:00+00:00
-- Int4(1)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
