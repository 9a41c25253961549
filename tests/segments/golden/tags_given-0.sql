-- {"type": "tags.given", "match": "any", "tags": ["vip", "newsletter"], "window": {"last": 30, "unit": "days"}}
-- People who were tagged any of vip or newsletter in the last 30 days.
-- These contacts:
SELECT "contacts_contacttag"."contact_id" AS "contact_id"
FROM "contacts_contacttag"
WHERE ("contacts_contacttag"."workspace_id" = %s
       AND "contacts_contacttag"."valid_from" <= %s
       AND "contacts_contacttag"."valid_from" >= %s
       AND "contacts_contacttag"."valid_from" < %s
       AND "contacts_contacttag"."tag_id" IN (%s,
                                              %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-02-13T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1001
-- 1002
