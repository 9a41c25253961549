-- {"type": "tags.taken", "match": "any", "tags": ["vip"], "window": {"last": 90, "unit": "days"}}
-- People who lost the tag any of vip in the last 90 days.
-- These contacts:
SELECT "contacts_contacttag"."contact_id" AS "contact_id"
FROM "contacts_contacttag"
WHERE ("contacts_contacttag"."workspace_id" = %s
       AND "contacts_contacttag"."valid_from" <= %s
       AND "contacts_contacttag"."valid_to" <= %s
       AND "contacts_contacttag"."valid_to" >= %s
       AND "contacts_contacttag"."valid_to" < %s
       AND "contacts_contacttag"."tag_id" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 2025-12-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1001
