-- {"type": "activities.lifecycle", "subject": "visit", "stage": "stopped", "window": {"last": 30, "unit": "days"}}
-- People who stopped visiting: did it before, but not in the last 30 days.
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND "tracking_visit"."occurred_at" < %s
       AND NOT ("tracking_visit"."contact_id" IN
                  (SELECT U0."contact_id" AS "contact_id"
                   FROM "tracking_visit" U0
                   WHERE (U0."workspace_id" = %s
                          AND U0."occurred_at" < %s
                          AND U0."occurred_at" >= %s
                          AND U0."occurred_at" < %s))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-02-13T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
