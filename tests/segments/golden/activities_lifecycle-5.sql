-- {"type": "activities.lifecycle", "subject": "activity", "kind": "ticket_bought", "stage": "stopped", "window": {"calendar": "this_year", "zone": "contact"}}
-- People who stopped the activity “Bought a ticket”: did it before, but not in this calendar year (each contact's own time zone).
-- These contacts:
SELECT "tracking_activity"."contact_id" AS "contact_id"
FROM "tracking_activity"
WHERE ("tracking_activity"."workspace_id" = %s
       AND "tracking_activity"."occurred_at" < %s
       AND "tracking_activity"."kind_id" IN (%s)
       AND (("tracking_activity"."contact_id" IN
               (SELECT U0."contact_id" AS "contact_id"
                FROM "contacts_attributevalue" U0
                WHERE (U0."workspace_id" = %s
                       AND (U0."valid_to" IS NULL
                            OR U0."valid_to" > %s)
                       AND U0."valid_from" <= %s
                       AND U0."attribute_id" = %s
                       AND U0."text_norm" = %s))
             AND "tracking_activity"."occurred_at" < %s)
            OR (NOT ("tracking_activity"."contact_id" IN
                       (SELECT U0."contact_id" AS "contact_id"
                        FROM "contacts_attributevalue" U0
                        WHERE (U0."workspace_id" = %s
                               AND (U0."valid_to" IS NULL
                                    OR U0."valid_to" > %s)
                               AND U0."valid_from" <= %s
                               AND U0."attribute_id" = %s
                               AND U0."text_norm" IN (%s))))
                AND "tracking_activity"."occurred_at" < %s))
       AND NOT ("tracking_activity"."contact_id" IN
                  (SELECT V0."contact_id" AS "contact_id"
                   FROM "tracking_activity" V0
                   WHERE (V0."workspace_id" = %s
                          AND V0."occurred_at" < %s
                          AND V0."kind_id" IN (%s)
                          AND ((V0."contact_id" IN
                                  (SELECT U0."contact_id" AS "contact_id"
                                   FROM "contacts_attributevalue" U0
                                   WHERE (U0."workspace_id" = %s
                                          AND (U0."valid_to" IS NULL
                                               OR U0."valid_to" > %s)
                                          AND U0."valid_from" <= %s
                                          AND U0."attribute_id" = %s
                                          AND U0."text_norm" = %s))
                                AND V0."occurred_at" >= %s
                                AND V0."occurred_at" < %s)
                               OR (NOT (V0."contact_id" IN
                                          (SELECT U0."contact_id" AS "contact_id"
                                           FROM "contacts_attributevalue" U0
                                           WHERE (U0."workspace_id" = %s
                                                  AND (U0."valid_to" IS NULL
                                                       OR U0."valid_to" > %s)
                                                  AND U0."valid_from" <= %s
                                                  AND U0."attribute_id" = %s
                                                  AND U0."text_norm" IN (%s))))
                                   AND V0."occurred_at" >= %s
                                   AND V0."occurred_at" < %s))))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1405
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2025-12-31T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2025-12-31T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1405
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2025-12-31T15:00:00+00:00
-- 2026-12-31T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
