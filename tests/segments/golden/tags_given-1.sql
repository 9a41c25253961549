-- {"type": "tags.given", "match": "all", "tags": ["vip", "newsletter"], "window": {"from": "2026-01-01"}}
-- People who were tagged all of vip and newsletter on or after 1 Jan 2026.
-- These contacts:
SELECT "contacts_contacttag"."contact_id" AS "contact_id"
FROM "contacts_contacttag"
WHERE ("contacts_contacttag"."workspace_id" = %s
       AND "contacts_contacttag"."valid_from" <= %s
       AND "contacts_contacttag"."valid_from" >= %s
       AND "contacts_contacttag"."tag_id" IN (%s,
                                              %s))
GROUP BY 1
HAVING COUNT(DISTINCT "contacts_contacttag"."tag_id") = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2025-12-31T23:00:00+00:00
-- 1001
-- 1002
-- Int4(2)
