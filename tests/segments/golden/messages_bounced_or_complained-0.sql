-- {"type": "messages.bounced_or_complained", "kinds": ["bounced"], "window": {"last": 90, "unit": "days"}}
-- People who had E-mail bounced at least 1 time in the last 90 days.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."channel" = %s
       AND "tracking_messageevent"."kind" IN (%s)
       AND "tracking_messageevent"."occurred_at" >= %s
       AND "tracking_messageevent"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'email'
-- 'bounced'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
