-- {"type": "transactions.source", "quantifier": "share_of_revenue", "percent": 33.3, "channels": ["referral"]}
-- People who spent at least 33.3 % of their money on purchases from referral (by the visit in which it happened) ever.
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
       AND "transactions_transaction"."kind" = %s)
GROUP BY 1
HAVING (SUM("transactions_transaction"."goods_amount") > %s
        AND ((%s * COALESCE(SUM("transactions_transaction"."goods_amount") FILTER (
                                                                                   WHERE (CASE
                                                                                              WHEN ("transactions_transaction"."channel" IN (%s)) THEN %s
                                                                                              ELSE %s
                                                                                          END)), %s)) - (%s * SUM("transactions_transaction"."goods_amount"))) >= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- Int4(100)
-- 'referral'
-- True
-- False
-- Int4(0)
-- Decimal('33.3')
-- Decimal('0')
