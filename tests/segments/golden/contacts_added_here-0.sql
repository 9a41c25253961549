-- {"type": "contacts.added_here", "window": {"calendar": "today"}}
-- People who were added here today.
-- These contacts:
SELECT "contacts_contact"."id" AS "pk"
FROM "contacts_contact"
WHERE ("contacts_contact"."workspace_id" = %s
       AND "contacts_contact"."erased_at" IS NULL
       AND "contacts_contact"."merged_into_id" IS NULL
       AND "contacts_contact"."known_since" < %s
       AND "contacts_contact"."created_at" < %s
       AND "contacts_contact"."created_at" >= %s
       AND "contacts_contact"."created_at" < %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2026-03-14T23:00:00+00:00
-- 2026-03-15T23:00:00+00:00
