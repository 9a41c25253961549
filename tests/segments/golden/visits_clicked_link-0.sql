-- {"type": "visits.clicked_link", "where": [{"field": "url", "operator": "contains", "values": ["/catalogue"]}], "window": {"last": 14, "unit": "days"}}
-- People who clicked a tracked link at least 1 time in the last 14 days (in one activity: Address contains /catalogue).
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
                 AND U0."text_norm"::text LIKE %s))
       AND "tracking_activity"."occurred_at" >= %s
       AND "tracking_activity"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 77
-- 1501
-- '%/catalogue%'
-- 2026-03-01T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
