-- {"type": "transactions.first_purchase", "where": [{"field": "brand", "values": ["Nordica", "Salewa"]}]}
-- People who made their first purchase ever (at any time) where brand is any of Nordica or Salewa.
-- These contacts:
SELECT "transactions_transaction"."contact_id" AS "contact_id"
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
         (SELECT DISTINCT ON (U0."contact_id") U0."id" AS "pk"
          FROM "transactions_transaction" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."occurred_at" < %s
                 AND (U0."superseded_at" IS NULL
                      OR U0."superseded_at" > %s)
                 AND U0."version_from" <= %s
                 AND U0."status" IN (%s,
                                     %s)
                 AND U0."kind" = %s)
          ORDER BY U0."contact_id" ASC,
                   U0."occurred_at" ASC,
                   U0."root_id" ASC)
       AND "transactions_transaction"."id" IN
         (SELECT V0."id" AS "pk"
          FROM "transactions_transaction" V0
          WHERE (V0."workspace_id" = %s
                 AND V0."occurred_at" < %s
                 AND (V0."superseded_at" IS NULL
                      OR V0."superseded_at" > %s)
                 AND V0."version_from" <= %s
                 AND V0."status" IN (%s,
                                     %s)
                 AND V0."kind" = %s
                 AND V0."id" IN
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
                           AND U0."brand_id" IN (%s,
                                                 %s))))))

-- Parameters, in order:
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
-- 1701
-- 1702
