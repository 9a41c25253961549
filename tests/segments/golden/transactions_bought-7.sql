-- {"type": "transactions.bought", "where": [{"field": "name", "operator": "contains", "values": ["ski"]}, {"field": "sales_channel", "operator": "none_of", "values": ["store"]}, {"field": "transaction_amount", "operator": "at_least", "value": "100.00"}]}
-- People who bought things where [item name contains ski] and [sales channel is none of store] and [amount of the transaction at least EUR 100.00] altogether in at least 1 transaction ever.
-- These contacts:
SELECT "transactions_lineitem"."contact_id" AS "contact_id"
FROM "transactions_lineitem"
INNER JOIN "transactions_transaction" ON ("transactions_lineitem"."transaction_id" = "transactions_transaction"."id")
WHERE ("transactions_lineitem"."workspace_id" = %s
       AND "transactions_lineitem"."occurred_at" < %s
       AND ("transactions_lineitem"."superseded_at" IS NULL
            OR "transactions_lineitem"."superseded_at" > %s)
       AND "transactions_lineitem"."version_from" <= %s
       AND "transactions_lineitem"."status" IN (%s,
                                                %s)
       AND "transactions_lineitem"."kind" = %s
       AND "transactions_lineitem"."quantity" > %s
       AND btrim(normalize(casefold(normalize("transactions_lineitem"."name", NFC) COLLATE pg_unicode_fast), NFC))::text LIKE %s
       AND NOT ("transactions_lineitem"."sales_channel" IN (%s))
       AND "transactions_transaction"."goods_amount" >= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- Int8(0)
-- '%ski%'
-- 'store'
-- Int8(10000)
