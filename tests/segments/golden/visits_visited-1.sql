-- {"type": "visits.visited", "operator": "at_least", "number": 2, "where": [{"field": "source", "operator": "any_of", "values": ["ad", "search", "utm"]}, {"field": "device", "operator": "any_of", "values": ["mobile"]}, {"field": "duration", "operator": "at_least", "value": 60}], "window": {"last": 3, "unit": "months"}}
-- People who visited at least 2 times in the last 3 months (in one visit: Source is any of ad, search or link with UTM fields and Device is any of mobile and Duration in seconds at least 60).
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND ("tracking_visit"."is_paid"
            OR "tracking_visit"."channel" = %s
            OR NOT ("tracking_visit"."utm_source" = %s)
            OR NOT ("tracking_visit"."utm_medium" = %s)
            OR NOT ("tracking_visit"."utm_campaign" = %s)
            OR NOT ("tracking_visit"."utm_term" = %s)
            OR NOT ("tracking_visit"."utm_content" = %s))
       AND "tracking_visit"."device" IN (%s)
       AND "tracking_visit"."duration" >= %s
       AND "tracking_visit"."occurred_at" >= %s
       AND "tracking_visit"."occurred_at" < %s)
GROUP BY 1
HAVING COUNT("tracking_visit"."id") >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'organic_search'
-- ''
-- ''
-- ''
-- ''
-- ''
-- 'mobile'
-- Int4(60)
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(2)
