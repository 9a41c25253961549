-- {"type": "visits.viewed_page", "where": [{"field": "page", "operator": "contains", "values": ["/shoes"]}], "window": {"last": 7, "unit": "days"}}
-- People who viewed (one page: Page contains /shoes) at least 1 time in the last 7 days.
-- These contacts:
SELECT "tracking_pageview"."contact_id" AS "contact_id"
FROM "tracking_pageview"
WHERE ("tracking_pageview"."workspace_id" = %s
       AND "tracking_pageview"."occurred_at" < %s
       AND "tracking_pageview"."page"::text LIKE %s
       AND "tracking_pageview"."occurred_at" >= %s
       AND "tracking_pageview"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- '%/shoes%'
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
