-- {"type": "visits.clicked_link", "operator": "at_most", "number": 1, "where": [{"field": "medium", "operator": "any_of", "values": ["qr", "sms"]}]}
-- People who clicked a tracked link at most 1 time ever (in one activity: Medium is any of qr or sms).
-- Everybody but these contacts:
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
                 AND U0."text_key" IN (%s,
                                       %s))))
GROUP BY 1
HAVING COUNT("tracking_activity"."id") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 77
-- 1503
-- 'qr'
-- 'sms'
-- Int4(1)
