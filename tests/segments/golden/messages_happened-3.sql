-- {"type": "messages.happened", "kind": "clicked", "links": ["https://shop.example/sale"], "also_machines": false}
-- People who clicked in at least 1 e-mail on a link that is any of “https://shop.example/sale” (by people, not machines) ever.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s
       AND NOT "tracking_messageevent"."is_machine"
       AND "tracking_messageevent"."link" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'email'
-- 'https://shop.example/sale'
