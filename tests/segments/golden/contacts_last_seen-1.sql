-- {"type": "contacts.last_seen", "operator": "in", "window": {"older_than": 90, "unit": "days"}}
-- People who were last seen more than 90 days ago.
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
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND NOT U0."is_machine"
                                                 AND U0."kind" = %s
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND NOT U0."is_machine"
                                                 AND U0."kind" = %s
                                                 AND NOT (U0."channel" = %s)
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND NOT U0."is_machine"
                                                 AND U0."kind" = %s
                                                 AND U0."channel" = %s
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_activity" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND U0."kind_id" IN (%s)
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
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_activity" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND U0."kind_id" IN (%s,
                                                                      %s)
                                                 AND U0."occurred_at" < %s)))
       AND NOT ("contacts_contact"."id" IN (
                                              (SELECT U0."contact_id" AS "contact_id"
                                               FROM "tracking_visit" U0
                                               WHERE (U0."workspace_id" = %s
                                                      AND U0."occurred_at" < %s
                                                      AND U0."occurred_at" >= %s))
                                            UNION ALL
                                              (SELECT U0."contact_id" AS "contact_id"
                                               FROM "tracking_messageevent" U0
                                               WHERE (U0."workspace_id" = %s
                                                      AND U0."occurred_at" < %s
                                                      AND NOT U0."is_machine"
                                                      AND U0."kind" = %s
                                                      AND U0."occurred_at" >= %s))
                                            UNION ALL
                                              (SELECT U0."contact_id" AS "contact_id"
                                               FROM "tracking_messageevent" U0
                                               WHERE (U0."workspace_id" = %s
                                                      AND U0."occurred_at" < %s
                                                      AND NOT U0."is_machine"
                                                      AND U0."kind" = %s
                                                      AND NOT (U0."channel" = %s)
                                                      AND U0."occurred_at" >= %s))
                                            UNION ALL
                                              (SELECT U0."contact_id" AS "contact_id"
                                               FROM "tracking_messageevent" U0
                                               WHERE (U0."workspace_id" = %s
                                                      AND U0."occurred_at" < %s
                                                      AND NOT U0."is_machine"
                                                      AND U0."kind" = %s
                                                      AND U0."channel" = %s
                                                      AND U0."occurred_at" >= %s))
                                            UNION ALL
                                              (SELECT U0."contact_id" AS "contact_id"
                                               FROM "tracking_activity" U0
                                               WHERE (U0."workspace_id" = %s
                                                      AND U0."occurred_at" < %s
                                                      AND U0."kind_id" IN (%s)
                                                      AND U0."occurred_at" >= %s))
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
                                                      AND U0."occurred_at" >= %s))
                                            UNION ALL
                                              (SELECT U0."contact_id" AS "contact_id"
                                               FROM "tracking_activity" U0
                                               WHERE (U0."workspace_id" = %s
                                                      AND U0."occurred_at" < %s
                                                      AND U0."kind_id" IN (%s,
                                                                           %s)
                                                      AND U0."occurred_at" >= %s)))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 2025-12-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
-- 2025-12-15T12:00:00+00:00
