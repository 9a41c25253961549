-- {"type": "messages.happened", "kind": "opened", "operator": "exactly", "number": 0, "window": {"last": 1, "unit": "years"}}
-- People who opened exactly 0 e-mails in the last 1 year.
-- Everybody but these contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s
       AND NOT "tracking_messageevent"."is_machine"
       AND "tracking_messageevent"."occurred_at" >= %s
       AND "tracking_messageevent"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 'email'
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
