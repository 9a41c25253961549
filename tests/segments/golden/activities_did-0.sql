-- {"type": "activities.did", "kind": "ticket_bought", "window": {"last": 365, "unit": "days"}}
-- People who did “Bought a ticket” at least 1 time in the last 365 days.
-- These contacts:
SELECT "tracking_activity"."contact_id" AS "contact_id"
FROM "tracking_activity"
WHERE ("tracking_activity"."workspace_id" = %s
       AND "tracking_activity"."occurred_at" < %s
       AND "tracking_activity"."kind_id" IN (%s)
       AND "tracking_activity"."occurred_at" >= %s
       AND "tracking_activity"."occurred_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1405
-- 2025-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
