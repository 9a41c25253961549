-- {"type": "messages.bounced_or_complained", "channel": "sms", "kinds": ["bounced", "complained", "unsubscribed"], "window": "ever"}
-- People who had SMS bounced, complained or unsubscribed at least 1 time ever.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."channel" = %s
       AND "tracking_messageevent"."kind" IN (%s,
                                              %s,
                                              %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'sms'
-- 'bounced'
-- 'complained'
-- 'unsubscribed'
