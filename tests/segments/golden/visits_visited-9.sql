-- {"type": "visits.visited", "window": {"calendar": "yesterday", "zone": "contact"}}
-- People who visited at least 1 time yesterday (each contact's own time zone).
-- These contacts:
SELECT "tracking_visit"."contact_id" AS "contact_id"
FROM "tracking_visit"
WHERE ("tracking_visit"."workspace_id" = %s
       AND "tracking_visit"."occurred_at" < %s
       AND (("tracking_visit"."contact_id" IN
               (SELECT U0."contact_id" AS "contact_id"
                FROM "contacts_attributevalue" U0
                WHERE (U0."workspace_id" = %s
                       AND (U0."valid_to" IS NULL
                            OR U0."valid_to" > %s)
                       AND U0."valid_from" <= %s
                       AND U0."attribute_id" = %s
                       AND U0."text_norm" = %s))
             AND "tracking_visit"."occurred_at" >= %s
             AND "tracking_visit"."occurred_at" < %s)
            OR (NOT ("tracking_visit"."contact_id" IN
                       (SELECT U0."contact_id" AS "contact_id"
                        FROM "contacts_attributevalue" U0
                        WHERE (U0."workspace_id" = %s
                               AND (U0."valid_to" IS NULL
                                    OR U0."valid_to" > %s)
                               AND U0."valid_from" <= %s
                               AND U0."attribute_id" = %s
                               AND U0."text_norm" IN (%s))))
                AND "tracking_visit"."occurred_at" >= %s
                AND "tracking_visit"."occurred_at" < %s)))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-03-13T15:00:00+00:00
-- 2026-03-14T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-03-13T23:00:00+00:00
-- 2026-03-14T23:00:00+00:00
