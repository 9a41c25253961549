-- {"type": "engagement.engaged", "channels": ["opens"], "window": {"last": 1, "unit": "weeks"}}
-- People who engaged at least 1 time in opened messages in the last 1 week.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND NOT "tracking_messageevent"."is_machine"
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."occurred_at" >= %s
       AND "tracking_messageevent"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
