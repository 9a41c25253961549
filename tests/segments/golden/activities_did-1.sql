-- {"type": "activities.did", "kind": "ticket_bought", "operator": "at_least", "number": 2, "where": [{"field": "number", "parameter": "price", "operator": "more_than", "value": 50}, {"field": "text", "parameter": "size", "operator": "any_of", "values": ["L"]}], "window": {"last": 6, "unit": "months"}}
-- People who did “Bought a ticket” at least 2 times in the last 6 months (in one activity: price more than 50 and size is any of L).
-- These contacts:
SELECT "tracking_activity"."contact_id" AS "contact_id"
FROM "tracking_activity"
WHERE ("tracking_activity"."workspace_id" = %s
       AND "tracking_activity"."occurred_at" < %s
       AND "tracking_activity"."kind_id" IN (%s)
       AND "tracking_activity"."id" IN
         (SELECT U0."activity_id" AS "activity_id"
          FROM "tracking_activityvalue" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."parameter_id" IN (%s)
                 AND U0."number" > %s))
       AND "tracking_activity"."id" IN
         (SELECT U0."activity_id" AS "activity_id"
          FROM "tracking_activityvalue" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."parameter_id" IN (%s)
                 AND U0."text_key" IN (%s)))
       AND "tracking_activity"."occurred_at" >= %s
       AND "tracking_activity"."occurred_at" < %s)
GROUP BY 1
HAVING COUNT("tracking_activity"."id") >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1405
-- 77
-- 1509
-- 50.0
-- 77
-- 1510
-- 'l'
-- 2025-09-15T11:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(2)
