-- {"type": "contacts.became_contact", "window": {"calendar": "previous_month", "zone": "contact"}}
-- People who became a contact in the previous calendar month (each contact's own time zone).
-- These contacts:
SELECT "contacts_contact"."id" AS "pk"
FROM "contacts_contact"
WHERE ("contacts_contact"."workspace_id" = %s
       AND "contacts_contact"."erased_at" IS NULL
       AND "contacts_contact"."merged_into_id" IS NULL
       AND "contacts_contact"."known_since" < %s
       AND (("contacts_contact"."id" IN
               (SELECT U0."contact_id" AS "contact_id"
                FROM "contacts_attributevalue" U0
                WHERE (U0."workspace_id" = %s
                       AND (U0."valid_to" IS NULL
                            OR U0."valid_to" > %s)
                       AND U0."valid_from" <= %s
                       AND U0."attribute_id" = %s
                       AND U0."text_norm" = %s))
             AND "contacts_contact"."known_since" >= %s
             AND "contacts_contact"."known_since" < %s)
            OR (NOT ("contacts_contact"."id" IN
                       (SELECT U0."contact_id" AS "contact_id"
                        FROM "contacts_attributevalue" U0
                        WHERE (U0."workspace_id" = %s
                               AND (U0."valid_to" IS NULL
                                    OR U0."valid_to" > %s)
                               AND U0."valid_from" <= %s
                               AND U0."attribute_id" = %s
                               AND U0."text_norm" IN (%s))))
                AND "contacts_contact"."known_since" >= %s
                AND "contacts_contact"."known_since" < %s)))

-- Parameters, in order:
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
