-- {"type": "tags.has", "match": "all", "tags": ["vip", "newsletter"]}
-- People who are tagged all of vip and newsletter.
-- These contacts:
SELECT "contacts_contacttag"."contact_id" AS "contact_id"
FROM "contacts_contacttag"
WHERE ("contacts_contacttag"."workspace_id" = %s
       AND ("contacts_contacttag"."valid_to" IS NULL
            OR "contacts_contacttag"."valid_to" > %s)
       AND "contacts_contacttag"."valid_from" <= %s
       AND "contacts_contacttag"."tag_id" IN (%s,
                                              %s))
GROUP BY 1
HAVING COUNT(DISTINCT "contacts_contacttag"."tag_id") = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1001
-- 1002
-- Int4(2)
