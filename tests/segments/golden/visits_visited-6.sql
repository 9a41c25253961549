-- {"type": "visits.visited", "operator": "at_most", "number": 4, "window": {"from": "2026-01-01", "to": "2026-01-31"}}
-- People who visited at most 4 times from 1 Jan 2026 to 31 Jan 2026.
-- Everybody but these contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND "tracking_visit"."occurred_at" >= %s
       AND "tracking_visit"."occurred_at" < %s)
GROUP BY 1
HAVING COUNT("tracking_visit"."id") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2025-12-31T23:00:00+00:00
-- 2026-01-31T23:00:00+00:00
-- Int4(4)
