-- {"type": "visits.clicked_link", "operator": "exactly", "number": 0, "window": {"calendar": "this_quarter"}}
-- People who clicked a tracked link exactly 0 times in this quarter.
-- Everybody but these contacts:
SELECT "tracking_activity"."contact_id" AS "contact_id"
FROM "tracking_activity"
WHERE ("tracking_activity"."workspace_id" = %s
       AND "tracking_activity"."occurred_at" < %s
       AND "tracking_activity"."kind_id" IN (%s)
       AND "tracking_activity"."occurred_at" >= %s
       AND "tracking_activity"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 2025-12-31T23:00:00+00:00
-- 2026-03-31T22:00:00+00:00
