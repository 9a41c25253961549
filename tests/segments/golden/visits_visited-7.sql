-- {"type": "visits.visited", "operator": "not_exactly", "number": 1}
-- People who visited not exactly 1 time ever.
-- Everybody but these contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s)
GROUP BY 1
HAVING COUNT("tracking_visit"."id") = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- Int4(1)
