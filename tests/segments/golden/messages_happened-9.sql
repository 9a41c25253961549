-- {"type": "messages.happened", "kind": "complained", "window": {"older_than": 30, "unit": "days"}}
-- People who complained about at least 1 e-mail more than 30 days ago.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s
       AND "tracking_messageevent"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'complained'
-- 'email'
-- 2026-02-13T12:00:00+00:00
