-- {"type": "visits.visited", "operator": "exactly", "number": 0, "where": [{"field": "channel", "operator": "none_of", "values": ["direct"]}], "window": {"calendar": "this_year"}}
-- People who visited exactly 0 times in this calendar year (in one visit: Channel is none of direct).
-- Everybody but these contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND NOT ("tracking_visit"."channel" IN (%s))
       AND "tracking_visit"."occurred_at" >= %s
       AND "tracking_visit"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'direct'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
