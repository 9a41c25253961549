-- {"type": "activities.lifecycle", "subject": "visit", "stage": "resumed", "window": {"last": 7, "unit": "days"}, "break_days": 60}
-- People who resumed visiting in the last 7 days after a break of at least 60 days.
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND "tracking_visit"."occurred_at" >= %s
       AND "tracking_visit"."occurred_at" < %s
       AND
         (SELECT U0."occurred_at" AS "occurred_at"
          FROM "tracking_visit" U0
          WHERE (U0."workspace_id" = %s
                 AND U0."occurred_at" < %s
                 AND U0."contact_id" = ("tracking_visit"."contact_id")
                 AND U0."occurred_at" < ("tracking_visit"."occurred_at"))
          ORDER BY 1 DESC
          LIMIT 1) <= ("tracking_visit"."occurred_at" - %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-08T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- datetime.timedelta(days=60)
