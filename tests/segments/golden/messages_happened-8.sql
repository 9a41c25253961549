-- {"type": "messages.happened", "kind": "bounced", "channel": "email", "operator": "at_least", "number": 2}
-- People who had bounces of at least 2 e-mails ever.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s)
GROUP BY 1
HAVING COUNT(DISTINCT "tracking_messageevent"."message_id") >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'bounced'
-- 'email'
-- Int4(2)
