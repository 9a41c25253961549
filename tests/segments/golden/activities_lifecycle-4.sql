-- {"type": "activities.lifecycle", "subject": "page_view", "stage": "regularly", "at_least": 2, "of_last": 4, "unit": "weeks"}
-- People who keep viewing pages: in at least 2 of the last 4 weeks.
-- These contacts:
SELECT "tracking_pageview"."contact_id" AS "contact_id"
FROM "tracking_pageview"
WHERE ("tracking_pageview"."workspace_id" = %s
       AND "tracking_pageview"."occurred_at" < %s
       AND "tracking_pageview"."occurred_at" >= %s)
GROUP BY 1
HAVING COUNT(DISTINCT CASE
                          WHEN ("tracking_pageview"."occurred_at" >= %s) THEN %s
                          WHEN ("tracking_pageview"."occurred_at" >= %s) THEN %s
                          WHEN ("tracking_pageview"."occurred_at" >= %s) THEN %s
                          WHEN ("tracking_pageview"."occurred_at" >= %s) THEN %s
                          ELSE NULL
                      END) >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-02-15T12:00:00+00:00
-- 2026-03-08T12:00:00+00:00
-- Int4(0)
-- 2026-03-01T12:00:00+00:00
-- Int4(1)
-- 2026-02-22T12:00:00+00:00
-- Int4(2)
-- 2026-02-15T12:00:00+00:00
-- Int4(3)
-- Int4(2)
