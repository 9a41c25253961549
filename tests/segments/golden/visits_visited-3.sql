-- {"type": "visits.visited", "operator": "less_than", "number": 3, "where": [{"field": "utm_campaign", "operator": "starts_with", "values": ["spring"]}, {"field": "is_paid", "value": false}, {"field": "country", "operator": "none_of", "values": ["de"]}]}
-- People who visited less than 3 times ever (in one visit: UTM campaign starts with spring and Paid: no and Country is none of de).
-- Everybody but these contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND "tracking_visit"."utm_campaign"::text LIKE %s
       AND NOT "tracking_visit"."is_paid"
       AND NOT ("tracking_visit"."country" IN (%s)))
GROUP BY 1
HAVING COUNT("tracking_visit"."id") >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'spring%'
-- 'de'
-- Int4(3)
