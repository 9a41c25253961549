-- {"type": "visits.viewed_page", "operator": "at_most", "number": 1, "where": [{"field": "page", "operator": "not_contains", "values": ["/account"]}], "window": {"between": [1, 2], "unit": "weeks"}}
-- People who viewed (one page: Page does not contain /account) at most 1 time between 1 and 2 weeks ago.
-- Everybody but these contacts:
SELECT "tracking_pageview"."contact_id" AS "contact_id"
FROM "tracking_pageview"
WHERE ("tracking_pageview"."workspace_id" = %s
       AND "tracking_pageview"."occurred_at" < %s
       AND NOT ("tracking_pageview"."page"::text LIKE %s)
       AND "tracking_pageview"."occurred_at" >= %s
       AND "tracking_pageview"."occurred_at" < %s)
GROUP BY 1
HAVING COUNT("tracking_pageview"."id") > %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- '%/account%'
-- 2026-03-01T12:00:00+00:00
-- 2026-03-08T12:00:00+00:00
-- Int4(1)
