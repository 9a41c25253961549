-- {"type": "visits.visited", "window": {"since": {"activity": "ticket_bought"}}}
-- People who visited at least 1 time since the last “ticket_bought”.
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND "tracking_visit"."occurred_at" >
         (SELECT U0."occurred_at" AS "occurred_at"
          FROM "tracking_activity" U0
          INNER JOIN "tracking_activitykind" U3 ON (U0."kind_id" = U3."id")
          WHERE (U0."workspace_id" = %s
                 AND U0."contact_id" = ("tracking_visit"."contact_id")
                 AND U3."key" = %s
                 AND U0."occurred_at" < %s)
          ORDER BY 1 DESC
          LIMIT 1))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 'ticket_bought'
-- 2026-03-15T12:00:00+00:00
