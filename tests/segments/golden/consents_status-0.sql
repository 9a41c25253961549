-- {"type": "consents.status", "channel": "email", "statuses": ["granted"]}
-- People who have consent to E-mail given.
-- These contacts:
SELECT "contacts_consent"."contact_id" AS "contact_id"
FROM "contacts_consent"
WHERE ("contacts_consent"."workspace_id" = %s
       AND ("contacts_consent"."valid_to" IS NULL
            OR "contacts_consent"."valid_to" > %s)
       AND "contacts_consent"."valid_from" <= %s
       AND "contacts_consent"."channel" = %s
       AND "contacts_consent"."topic" = %s
       AND "contacts_consent"."status" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 'email'
-- ''
-- 'granted'
