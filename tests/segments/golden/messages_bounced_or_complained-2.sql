-- {"type": "messages.bounced_or_complained", "operator": "exactly", "number": 0, "kinds": ["bounced", "complained"], "window": {"last": 1, "unit": "years"}}
-- People who had E-mail bounced or complained exactly 0 times in the last 1 year.
-- Everybody but these contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."channel" = %s
       AND "tracking_messageevent"."kind" IN (%s,
                                              %s)
       AND "tracking_messageevent"."occurred_at" >= %s
       AND "tracking_messageevent"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'email'
-- 'bounced'
-- 'complained'
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
