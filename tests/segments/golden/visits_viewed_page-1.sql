-- {"type": "visits.viewed_page", "operator": "at_least", "number": 2, "where": [{"field": "page", "operator": "any_of", "values": ["shop.example/sale"]}], "visit": [{"field": "channel", "operator": "any_of", "values": ["email", "sms"]}], "window": {"last": 30, "unit": "days"}}
-- People who viewed (one page: Page is any of shop.example/sale) at least 2 times in the last 30 days (in one visit: Channel is any of e-mail or SMS).
-- These contacts:
SELECT "tracking_pageview"."contact_id" AS "contact_id"
FROM "tracking_pageview"
WHERE ("tracking_pageview"."workspace_id" = %s
       AND "tracking_pageview"."occurred_at" < %s
       AND "tracking_pageview"."page_key" IN (%s)
       AND "tracking_pageview"."visit_id" IN
         (SELECT U0."id" AS "pk"
          FROM "tracking_visit" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."occurred_at" < %s
                 AND U0."channel" IN (%s,
                                      %s)))
       AND "tracking_pageview"."occurred_at" >= %s
       AND "tracking_pageview"."occurred_at" < %s)
GROUP BY 1
HAVING COUNT("tracking_pageview"."id") >= %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'shop.example/sale'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'email'
-- 'sms'
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(2)
