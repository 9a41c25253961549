-- {"type": "visits.visited", "operator": "between", "number": 2, "upper": 5, "window": {"last_whole_days": 28}}
-- People who visited between 2 and 5 times in the last 28 whole days.
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND "tracking_visit"."occurred_at" >= %s
       AND "tracking_visit"."occurred_at" < %s)
GROUP BY 1
HAVING (COUNT("tracking_visit"."id") >= %s
        AND COUNT("tracking_visit"."id") <= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-02-14T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- Int4(2)
-- Int4(5)
