-- {"type": "visits.visited", "operator": "at_least", "number": 1, "window": {"last": 30, "unit": "days"}}
-- People who visited at least 1 time in the last 30 days.
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND "tracking_visit"."occurred_at" >= %s
       AND "tracking_visit"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
