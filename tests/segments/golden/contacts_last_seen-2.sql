-- {"type": "contacts.last_seen", "operator": "in", "window": {"calendar": "previous_month", "zone": "contact"}}
-- People who were last seen in the previous calendar month (each contact's own time zone).
-- These contacts:
SELECT "contacts_contact"."id" AS "pk"
FROM "contacts_contact"
WHERE ("contacts_contact"."workspace_id" = %s
       AND "contacts_contact"."erased_at" IS NULL
       AND "contacts_contact"."merged_into_id" IS NULL
       AND "contacts_contact"."known_since" < %s
       AND "contacts_contact"."id" IN (
                                         (SELECT V0."contact_id" AS "contact_id"
                                          FROM "tracking_visit" V0
                                          WHERE (V0."workspace_id" = %s
                                                 AND V0."occurred_at" < %s
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
                                                          AND V0."occurred_at" < %s))))
                                       UNION ALL
                                         (SELECT V0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" V0
                                          WHERE (V0."workspace_id" = %s
                                                 AND V0."occurred_at" < %s
                                                 AND NOT V0."is_machine"
                                                 AND V0."kind" = %s
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
                                                          AND V0."occurred_at" < %s))))
                                       UNION ALL
                                         (SELECT V0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" V0
                                          WHERE (V0."workspace_id" = %s
                                                 AND V0."occurred_at" < %s
                                                 AND NOT V0."is_machine"
                                                 AND V0."kind" = %s
                                                 AND NOT (V0."channel" = %s)
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
                                                          AND V0."occurred_at" < %s))))
                                       UNION ALL
                                         (SELECT V0."contact_id" AS "contact_id"
                                          FROM "tracking_messageevent" V0
                                          WHERE (V0."workspace_id" = %s
                                                 AND V0."occurred_at" < %s
                                                 AND NOT V0."is_machine"
                                                 AND V0."kind" = %s
                                                 AND V0."channel" = %s
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
                                                          AND V0."occurred_at" < %s))))
                                       UNION ALL
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
                                                          AND V0."occurred_at" < %s))))
                                       UNION ALL
                                         (SELECT V0."contact_id" AS "contact_id"
                                          FROM "transactions_transaction" V0
                                          WHERE (V0."workspace_id" = %s
                                                 AND V0."occurred_at" < %s
                                                 AND (V0."superseded_at" IS NULL
                                                      OR V0."superseded_at" > %s)
                                                 AND V0."version_from" <= %s
                                                 AND V0."status" IN (%s,
                                                                     %s)
                                                 AND V0."kind" = %s
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
                                                          AND V0."occurred_at" < %s))))
                                       UNION ALL
                                         (SELECT V0."contact_id" AS "contact_id"
                                          FROM "tracking_activity" V0
                                          WHERE (V0."workspace_id" = %s
                                                 AND V0."occurred_at" < %s
                                                 AND V0."kind_id" IN (%s,
                                                                      %s)
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
                                                          AND V0."occurred_at" < %s)))))
       AND NOT ("contacts_contact"."id" IN (
                                              (SELECT V0."contact_id" AS "contact_id"
                                               FROM "tracking_visit" V0
                                               WHERE (V0."workspace_id" = %s
                                                      AND V0."occurred_at" < %s
                                                      AND ((V0."contact_id" IN
                                                              (SELECT U0."contact_id" AS "contact_id"
                                                               FROM "contacts_attributevalue" U0
                                                               WHERE (U0."workspace_id" = %s
                                                                      AND (U0."valid_to" IS NULL
                                                                           OR U0."valid_to" > %s)
                                                                      AND U0."valid_from" <= %s
                                                                      AND U0."attribute_id" = %s
                                                                      AND U0."text_norm" = %s))
                                                            AND V0."occurred_at" >= %s)
                                                           OR (NOT (V0."contact_id" IN
                                                                      (SELECT U0."contact_id" AS "contact_id"
                                                                       FROM "contacts_attributevalue" U0
                                                                       WHERE (U0."workspace_id" = %s
                                                                              AND (U0."valid_to" IS NULL
                                                                                   OR U0."valid_to" > %s)
                                                                              AND U0."valid_from" <= %s
                                                                              AND U0."attribute_id" = %s
                                                                              AND U0."text_norm" IN (%s))))
                                                               AND V0."occurred_at" >= %s))))
                                            UNION ALL
                                              (SELECT V0."contact_id" AS "contact_id"
                                               FROM "tracking_messageevent" V0
                                               WHERE (V0."workspace_id" = %s
                                                      AND V0."occurred_at" < %s
                                                      AND NOT V0."is_machine"
                                                      AND V0."kind" = %s
                                                      AND ((V0."contact_id" IN
                                                              (SELECT U0."contact_id" AS "contact_id"
                                                               FROM "contacts_attributevalue" U0
                                                               WHERE (U0."workspace_id" = %s
                                                                      AND (U0."valid_to" IS NULL
                                                                           OR U0."valid_to" > %s)
                                                                      AND U0."valid_from" <= %s
                                                                      AND U0."attribute_id" = %s
                                                                      AND U0."text_norm" = %s))
                                                            AND V0."occurred_at" >= %s)
                                                           OR (NOT (V0."contact_id" IN
                                                                      (SELECT U0."contact_id" AS "contact_id"
                                                                       FROM "contacts_attributevalue" U0
                                                                       WHERE (U0."workspace_id" = %s
                                                                              AND (U0."valid_to" IS NULL
                                                                                   OR U0."valid_to" > %s)
                                                                              AND U0."valid_from" <= %s
                                                                              AND U0."attribute_id" = %s
                                                                              AND U0."text_norm" IN (%s))))
                                                               AND V0."occurred_at" >= %s))))
                                            UNION ALL
                                              (SELECT V0."contact_id" AS "contact_id"
                                               FROM "tracking_messageevent" V0
                                               WHERE (V0."workspace_id" = %s
                                                      AND V0."occurred_at" < %s
                                                      AND NOT V0."is_machine"
                                                      AND V0."kind" = %s
                                                      AND NOT (V0."channel" = %s)
                                                      AND ((V0."contact_id" IN
                                                              (SELECT U0."contact_id" AS "contact_id"
                                                               FROM "contacts_attributevalue" U0
                                                               WHERE (U0."workspace_id" = %s
                                                                      AND (U0."valid_to" IS NULL
                                                                           OR U0."valid_to" > %s)
                                                                      AND U0."valid_from" <= %s
                                                                      AND U0."attribute_id" = %s
                                                                      AND U0."text_norm" = %s))
                                                            AND V0."occurred_at" >= %s)
                                                           OR (NOT (V0."contact_id" IN
                                                                      (SELECT U0."contact_id" AS "contact_id"
                                                                       FROM "contacts_attributevalue" U0
                                                                       WHERE (U0."workspace_id" = %s
                                                                              AND (U0."valid_to" IS NULL
                                                                                   OR U0."valid_to" > %s)
                                                                              AND U0."valid_from" <= %s
                                                                              AND U0."attribute_id" = %s
                                                                              AND U0."text_norm" IN (%s))))
                                                               AND V0."occurred_at" >= %s))))
                                            UNION ALL
                                              (SELECT V0."contact_id" AS "contact_id"
                                               FROM "tracking_messageevent" V0
                                               WHERE (V0."workspace_id" = %s
                                                      AND V0."occurred_at" < %s
                                                      AND NOT V0."is_machine"
                                                      AND V0."kind" = %s
                                                      AND V0."channel" = %s
                                                      AND ((V0."contact_id" IN
                                                              (SELECT U0."contact_id" AS "contact_id"
                                                               FROM "contacts_attributevalue" U0
                                                               WHERE (U0."workspace_id" = %s
                                                                      AND (U0."valid_to" IS NULL
                                                                           OR U0."valid_to" > %s)
                                                                      AND U0."valid_from" <= %s
                                                                      AND U0."attribute_id" = %s
                                                                      AND U0."text_norm" = %s))
                                                            AND V0."occurred_at" >= %s)
                                                           OR (NOT (V0."contact_id" IN
                                                                      (SELECT U0."contact_id" AS "contact_id"
                                                                       FROM "contacts_attributevalue" U0
                                                                       WHERE (U0."workspace_id" = %s
                                                                              AND (U0."valid_to" IS NULL
                                                                                   OR U0."valid_to" > %s)
                                                                              AND U0."valid_from" <= %s
                                                                              AND U0."attribute_id" = %s
                                                                              AND U0."text_norm" IN (%s))))
                                                               AND V0."occurred_at" >= %s))))
                                            UNION ALL
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
                                                            AND V0."occurred_at" >= %s)
                                                           OR (NOT (V0."contact_id" IN
                                                                      (SELECT U0."contact_id" AS "contact_id"
                                                                       FROM "contacts_attributevalue" U0
                                                                       WHERE (U0."workspace_id" = %s
                                                                              AND (U0."valid_to" IS NULL
                                                                                   OR U0."valid_to" > %s)
                                                                              AND U0."valid_from" <= %s
                                                                              AND U0."attribute_id" = %s
                                                                              AND U0."text_norm" IN (%s))))
                                                               AND V0."occurred_at" >= %s))))
                                            UNION ALL
                                              (SELECT V0."contact_id" AS "contact_id"
                                               FROM "transactions_transaction" V0
                                               WHERE (V0."workspace_id" = %s
                                                      AND V0."occurred_at" < %s
                                                      AND (V0."superseded_at" IS NULL
                                                           OR V0."superseded_at" > %s)
                                                      AND V0."version_from" <= %s
                                                      AND V0."status" IN (%s,
                                                                          %s)
                                                      AND V0."kind" = %s
                                                      AND ((V0."contact_id" IN
                                                              (SELECT U0."contact_id" AS "contact_id"
                                                               FROM "contacts_attributevalue" U0
                                                               WHERE (U0."workspace_id" = %s
                                                                      AND (U0."valid_to" IS NULL
                                                                           OR U0."valid_to" > %s)
                                                                      AND U0."valid_from" <= %s
                                                                      AND U0."attribute_id" = %s
                                                                      AND U0."text_norm" = %s))
                                                            AND V0."occurred_at" >= %s)
                                                           OR (NOT (V0."contact_id" IN
                                                                      (SELECT U0."contact_id" AS "contact_id"
                                                                       FROM "contacts_attributevalue" U0
                                                                       WHERE (U0."workspace_id" = %s
                                                                              AND (U0."valid_to" IS NULL
                                                                                   OR U0."valid_to" > %s)
                                                                              AND U0."valid_from" <= %s
                                                                              AND U0."attribute_id" = %s
                                                                              AND U0."text_norm" IN (%s))))
                                                               AND V0."occurred_at" >= %s))))
                                            UNION ALL
                                              (SELECT V0."contact_id" AS "contact_id"
                                               FROM "tracking_activity" V0
                                               WHERE (V0."workspace_id" = %s
                                                      AND V0."occurred_at" < %s
                                                      AND V0."kind_id" IN (%s,
                                                                           %s)
                                                      AND ((V0."contact_id" IN
                                                              (SELECT U0."contact_id" AS "contact_id"
                                                               FROM "contacts_attributevalue" U0
                                                               WHERE (U0."workspace_id" = %s
                                                                      AND (U0."valid_to" IS NULL
                                                                           OR U0."valid_to" > %s)
                                                                      AND U0."valid_from" <= %s
                                                                      AND U0."attribute_id" = %s
                                                                      AND U0."text_norm" = %s))
                                                            AND V0."occurred_at" >= %s)
                                                           OR (NOT (V0."contact_id" IN
                                                                      (SELECT U0."contact_id" AS "contact_id"
                                                                       FROM "contacts_attributevalue" U0
                                                                       WHERE (U0."workspace_id" = %s
                                                                              AND (U0."valid_to" IS NULL
                                                                                   OR U0."valid_to" > %s)
                                                                              AND U0."valid_from" <= %s
                                                                              AND U0."attribute_id" = %s
                                                                              AND U0."text_norm" IN (%s))))
                                                               AND V0."occurred_at" >= %s)))))))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T15:00:00+00:00
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T15:00:00+00:00
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T15:00:00+00:00
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T15:00:00+00:00
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T15:00:00+00:00
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T15:00:00+00:00
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T15:00:00+00:00
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-01-31T23:00:00+00:00
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'opened'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'clicked'
-- 'push'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1402
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'paid'
-- 'fulfilled'
-- 'purchase'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1401
-- 1405
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T15:00:00+00:00
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1212
-- 'asia/tokyo'
-- 2026-02-28T23:00:00+00:00
