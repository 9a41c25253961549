-- {"type": "activities.did", "kind": "form_submitted", "where": [{"field": "text", "parameter": "form", "operator": "contains", "values": ["news"]}], "window": "ever"}
-- People who did “Form submitted” at least 1 time ever (in one activity: form contains news).
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
                 AND U0."text_norm"::text LIKE %s)))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 77
-- 1504
-- '%news%'
