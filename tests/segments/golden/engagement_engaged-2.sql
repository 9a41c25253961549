-- {"type": "engagement.engaged", "operator": "at_most", "number": 1, "channels": ["opens", "push_clicks", "forms", "activities"], "window": {"calendar": "this_year"}}
-- People who engaged at most 1 time in opened messages, clicked web pushes, submitted forms or activities that count as engagement in this calendar year.
-- Everybody but these contacts:
SELECT "contacts_contact"."id" AS "pk"
FROM "contacts_contact"
WHERE ("contacts_contact"."workspace_id" = %s
       AND "contacts_contact"."erased_at" IS NULL
       AND "contacts_contact"."merged_into_id" IS NULL
       AND "contacts_contact"."known_since" < %s
       AND "contacts_contact"."id" IN (
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND NOT U0."is_machine"
                                                 AND U0."kind" = %s
                                                 AND U0."occurred_at" >= %s
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND NOT U0."is_machine"
                                                 AND U0."kind" = %s
                                                 AND U0."channel" = %s
                                                 AND U0."occurred_at" >= %s
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_activity" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND U0."kind_id" IN (%s)
                                                 AND U0."occurred_at" >= %s
                                                 AND U0."occurred_at" < %s))
                                       UNION ALL
                                         (SELECT U0."contact_id" AS "contact_id"
                                          FROM "tracking_activity" U0
                                          WHERE (U0."workspace_id" = %s
                                                 AND U0."occurred_at" < %s
                                                 AND U0."kind_id" IN (%s,
                                                                      %s)
                                                 AND U0."occurred_at" >= %s
                                                 AND U0."occurred_at" < %s)))
       AND (((COALESCE(
                         (SELECT COUNT(U0."id") AS "each"
                          FROM "tracking_messageevent" U0
                          WHERE (U0."workspace_id" = %s
                                 AND U0."occurred_at" < %s
                                 AND NOT U0."is_machine"
                                 AND U0."kind" = %s
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
                                                                              AND U0."channel" = %s
                                                                              AND U0."occurred_at" >= %s
                                                                              AND U0."occurred_at" < %s
                                                                              AND U0."contact_id" = ("contacts_contact"."id"))
                                                                       GROUP BY U0."contact_id"), %s)) + COALESCE(
                                                                                                                    (SELECT COUNT(U0."id") AS "each"
                                                                                                                     FROM "tracking_activity" U0
                                                                                                                     WHERE (U0."workspace_id" = %s
                                                                                                                            AND U0."occurred_at" < %s
                                                                                                                            AND U0."kind_id" IN (%s)
                                                                                                                            AND U0."occurred_at" >= %s
                                                                                                                            AND U0."occurred_at" < %s
                                                                                                                            AND U0."contact_id" = ("contacts_contact"."id"))
                                                                                                                     GROUP BY U0."contact_id"), %s)) + COALESCE(
                                                                                                                                                                  (SELECT COUNT(U0."id") AS "each"
                                                                                                                                                                   FROM "tracking_activity" U0
                                                                                                                                                                   WHERE (U0."workspace_id" = %s
                                                                                                                                                                          AND U0."occurred_at" < %s
                                                                                                                                                                          AND U0."kind_id" IN (%s, %s)
                                                                                                                                                                          AND U0."occurred_at" >= %s
                                                                                                                                                                          AND U0."occurred_at" < %s
                                                                                                                                                                          AND U0."contact_id" = ("contacts_contact"."id"))
                                                                                                                                                                   GROUP BY U0."contact_id"), %s)) > %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- Int4(0)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- Int4(0)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- Int4(0)
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
-- 2025-12-31T23:00:00+00:00
-- 2026-12-31T23:00:00+00:00
-- Int4(0)
-- Int4(1)
