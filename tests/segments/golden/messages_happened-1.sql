-- {"type": "messages.happened", "kind": "clicked", "operator": "between", "number": 1, "upper": 5, "campaigns": ["spring", "winter"], "window": {"last": 90, "unit": "days"}}
-- People who clicked in between 1 and 5 e-mails of “spring” or “winter” in the last 90 days.
-- These contacts:
SELECT "tracking_messageevent"."contact_id" AS "contact_id"
FROM "tracking_messageevent"
WHERE ("tracking_messageevent"."workspace_id" = %s
       AND "tracking_messageevent"."occurred_at" < %s
       AND "tracking_messageevent"."kind" = %s
       AND "tracking_messageevent"."channel" = %s
       AND "tracking_messageevent"."campaign_key" IN (%s,
                                                      %s)
       AND NOT "tracking_messageevent"."is_machine"
       AND "tracking_messageevent"."occurred_at" >= %s
       AND "tracking_messageevent"."occurred_at" < %s)
GROUP BY 1
HAVING (COUNT(DISTINCT "tracking_messageevent"."message_id") >= %s
        AND COUNT(DISTINCT "tracking_messageevent"."message_id") <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'email'
-- 'spring'
-- 'winter'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(1)
-- Int4(5)
