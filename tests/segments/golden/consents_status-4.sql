-- {"type": "consents.status", "channel": "push", "statuses": ["withdrawn", "never_asked"]}
-- People who have consent to Web push withdrawn or never asked for.
-- Everybody but these contacts:
SELECT "contacts_consent"."contact_id" AS "contact_id"
FROM "contacts_consent"
WHERE ("contacts_consent"."workspace_id" = %s
       AND ("contacts_consent"."valid_to" IS NULL
            OR "contacts_consent"."valid_to" > %s)
       AND "contacts_consent"."valid_from" <= %s
       AND "contacts_consent"."channel" = %s
       AND "contacts_consent"."topic" = %s
       AND "contacts_consent"."status" IN (%s,
                                           %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'push'
-- ''
-- 'granted'
-- 'pending'
