-- {"type": "lists.on_list", "lists": ["1301"]}
-- People who are on any of Fair.
-- These contacts:
SELECT "contacts_listentry"."contact_id" AS "contact_id"
FROM "contacts_listentry"
WHERE ("contacts_listentry"."workspace_id" = %s
       AND ("contacts_listentry"."valid_to" IS NULL
            OR "contacts_listentry"."valid_to" > %s)
       AND "contacts_listentry"."valid_from" <= %s
       AND "contacts_listentry"."static_list_id" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1301
