-- {"type": "ranks.top", "by": "margin", "unit": "percent", "percent": 25, "window": {"last": 90, "unit": "days"}}
-- People who are among the highest 25 per cent by margin in the last 90 days.
-- These contacts:
SELECT "contact_id"
FROM
  (SELECT *
   FROM
     (SELECT "transactions_lineitem"."contact_id" AS "contact_id",
             CUME_DIST() OVER (
                               ORDER BY SUM(("transactions_lineitem"."amount" - "transactions_lineitem"."cost")) ASC, "transactions_lineitem"."contact_id" DESC) AS "qual0"
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
             AND "transactions_lineitem"."cost" IS NOT NULL
             AND "transactions_lineitem"."contact_id" IN
               (SELECT U0."id" AS "pk"
                FROM "contacts_contact" U0
                WHERE (U0."workspace_id" = %s
                       AND U0."erased_at" IS NULL
                       AND U0."merged_into_id" IS NULL
                       AND U0."known_since" < %s)))
      GROUP BY 1) "qualify"
   WHERE "qual0" > %s) "qualify_mask"

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
-- 77
-- 2026-03-15T12:00:00+00:00
-- 0.75
