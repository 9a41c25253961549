-- {"type": "messages.happened", "kind": "sent", "operator": "more_than", "number": 2, "window": {"calendar": "this_year"}}
-- People who were sent more than 2 e-mails in this calendar year.
-- These contacts:
SELECT "tracking_message"."contact_id" AS "contact_id"
FROM "tracking_message"
WHERE ("tracking_message"."workspace_id" = %s
       AND "tracking_message"."sent_at" < %s
       AND "tracking_message"."channel" = %s
       AND "tracking_message"."sent_at" >= %s
       AND "tracking_message"."sent_at" < %s)
GROUP BY 1
HAVING COUNT("tracking_message"."id") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'email'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- Int4(2)
