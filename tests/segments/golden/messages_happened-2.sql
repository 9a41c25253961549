-- {"type": "messages.happened", "kind": "clicked", "link_operator": "contains", "links": ["/shoes"], "also_machines": true}
-- People who clicked in at least 1 e-mail on a link that contains “/shoes” (by machines too) ever.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s
       AND "tracking_messageevent"."link"::text LIKE %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'email'
-- '%/shoes%'
