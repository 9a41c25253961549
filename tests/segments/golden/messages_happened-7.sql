-- {"type": "messages.happened", "kind": "unsubscribed", "campaigns": ["spring"]}
-- People who unsubscribed by at least 1 e-mail of “spring” ever.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s
       AND "tracking_messageevent"."campaign_key" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'unsubscribed'
-- 'email'
-- 'spring'
