-- {"type": "engagement.engaged", "operator": "at_least", "number": 3, "channels": ["visits", "clicks", "purchases"], "window": {"last": 90, "unit": "days"}}
-- People who engaged at least 3 times in visits, clicks in messages or purchases in the last 90 days.
-- These contacts:
SELECT "contacts_contact"."id" AS "pk"
FROM "contacts_contact"
WHERE ("contacts_contact"."workspace_id" = %s
       AND "contacts_contact"."erased_at" IS NULL
       AND "contacts_contact"."merged_into_id" IS NULL
       AND "contacts_contact"."known_since" < %s
       AND "contacts_contact"."id" IN (
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_visit" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND U0."occurred_at" >= %s
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND NOT U0."is_machine"
                                                 AND U0."kind" = %s
                                                 AND NOT (U0."channel" = %s)
                                                 AND U0."occurred_at" >= %s
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "transactions_transaction" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND (U0."superseded_at" IS NULL
                                                      OR U0."superseded_at" > %s)
                                                 AND U0."version_from" <= %s
                                                 AND U0."status" IN (%s,
                                                                     %s)
                                                 AND U0."kind" = %s
                                                 AND U0."occurred_at" >= %s
                                                 AND U0."occurred_at" < %s)))
       AND ((COALESCE(
                        (SELECT COUNT(U0."id") AS "each"
                         FROM "tracking_visit" U0
                         WHERE (U0."workspace_id" = %s
                                AND U0."occurred_at" < %s
                                AND U0."occurred_at" >= %s
                                AND U0."occurred_at" < %s
                                AND U0."contact_id" = ("contacts_contact"."id"))
                         GROUP BY U0."contact_id"), %s) + COALESCE(
                                                                     (SELECT COUNT(U0."id") AS "each"
                                                                      FROM "tracking_messageevent" U0
                                                                      WHERE (U0."workspace_id" = %s
                                                                             AND U0."occurred_at" < %s
                                                                             AND NOT U0."is_machine"
                                                                             AND U0."kind" = %s
                                                                             AND NOT (U0."channel" = %s)
                                                                             AND U0."occurred_at" >= %s
                                                                             AND U0."occurred_at" < %s
                                                                             AND U0."contact_id" = ("contacts_contact"."id"))
                                                                      GROUP BY U0."contact_id"), %s)) + COALESCE(
                                                                                                                   (SELECT COUNT(U0."id") AS "each"
                                                                                                                    FROM "transactions_transaction" U0
                                                                                                                    WHERE (U0."workspace_id" = %s
                                                                                                                           AND U0."occurred_at" < %s
                                                                                                                           AND (U0."superseded_at" IS NULL
                                                                                                                                OR U0."superseded_at" > %s)
                                                                                                                           AND U0."version_from" <= %s
                                                                                                                           AND U0."status" IN (%s, %s)
                                                                                                                           AND U0."kind" = %s
                                                                                                                           AND U0."occurred_at" >= %s
                                                                                                                           AND U0."occurred_at" < %s
                                                                                                                           AND U0."contact_id" = ("contacts_contact"."id"))
                                                                                                                    GROUP BY U0."contact_id"), %s)) >= %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(0)
-- Int4(3)
