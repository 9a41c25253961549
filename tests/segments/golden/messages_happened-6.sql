-- {"type": "messages.happened", "kind": "delivered", "channel": "sms", "operator": "at_most", "number": 1}
-- People who were delivered at most 1 text message ever.
-- Everybody but these contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s)
GROUP BY 1
HAVING COUNT(DISTINCT "tracking_messageevent"."message_id") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'delivered'
-- 'sms'
-- Int4(1)
