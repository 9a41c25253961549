-- {"type": "contacts.external_id", "operator": "starts_with", "values": ["c"]}
-- People who have an external id that starts with c.
-- These contacts:
SELECT "contacts_contact"."id" AS "pk"
FROM "contacts_contact"
WHERE ("contacts_contact"."workspace_id" = %s
       AND "contacts_contact"."erased_at" IS NULL
       AND "contacts_contact"."merged_into_id" IS NULL
       AND "contacts_contact"."known_since" < %s
       AND "contacts_contact"."external_id"::text LIKE %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 'c%'
