-- {"type": "visits.visited", "operator": "more_than", "number": 1, "where": [{"field": "has_utm", "value": true}]}
-- People who visited more than 1 time ever (in one visit: Has UTM fields: yes).
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND (NOT ("tracking_visit"."utm_source" = %s)
            OR NOT ("tracking_visit"."utm_medium" = %s)
            OR NOT ("tracking_visit"."utm_campaign" = %s)
            OR NOT ("tracking_visit"."utm_term" = %s)
            OR NOT ("tracking_visit"."utm_content" = %s)))
GROUP BY 1
HAVING COUNT("tracking_visit"."id") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- ''
-- ''
-- ''
-- ''
-- ''
-- Int4(1)
