-- {"type": "activities.did", "kind": "ticket_bought", "operator": "exactly", "number": 0, "where": [{"field": "text", "parameter": "size", "operator": "none_of", "values": ["L"]}], "window": {"last": 30, "unit": "days"}}
-- People who did “Bought a ticket” exactly 0 times in the last 30 days (in one activity: size is none of L).
-- Everybody but these contacts:
SELECT "tracking_activity"."contact_id" AS "contact_id"
FROM "tracking_activity"
WHERE ("tracking_activity"."workspace_id" = %s
       AND "tracking_activity"."occurred_at" < %s
       AND "tracking_activity"."kind_id" IN (%s)
       AND NOT ("tracking_activity"."id" IN
                  (SELECT U0."activity_id" AS "activity_id"
                   FROM "tracking_activityvalue" U0
                   WHERE (U0."workspace_id" = %s
                          AND U0."parameter_id" IN (%s)
                          AND U0."text_key" IN (%s))))
       AND "tracking_activity"."occurred_at" >= %s
       AND "tracking_activity"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1405
-- 77
-- 1510
-- 'l'
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
