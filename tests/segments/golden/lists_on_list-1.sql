-- {"type": "lists.on_list", "match": "all", "lists": ["1301"], "added": {"last": 30, "unit": "days"}}
-- People who are on all of Fair (added in the last 30 days).
-- These contacts:
SELECT "contacts_listentry"."contact_id" AS "contact_id"
FROM "contacts_listentry"
WHERE ("contacts_listentry"."workspace_id" = %s
       AND ("contacts_listentry"."valid_to" IS NULL
            OR "contacts_listentry"."valid_to" > %s)
       AND "contacts_listentry"."valid_from" <= %s
       AND "contacts_listentry"."static_list_id" IN (%s)
       AND "contacts_listentry"."valid_from" >= %s
       AND "contacts_listentry"."valid_from" < %s)
GROUP BY 1
HAVING COUNT(DISTINCT "contacts_listentry"."static_list_id") = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1301
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- Int4(1)
