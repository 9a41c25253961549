-- {"type": "categories.given", "match": "any", "categories": ["wholesale"], "window": {"last": 60, "unit": "days"}}
-- People who were put into any of wholesale in the last 60 days.
-- These contacts:
SELECT "contacts_contactcategory"."contact_id" AS "contact_id"
FROM "contacts_contactcategory"
WHERE ("contacts_contactcategory"."workspace_id" = %s
       AND "contacts_contactcategory"."valid_from" <= %s
       AND "contacts_contactcategory"."valid_from" >= %s
       AND "contacts_contactcategory"."valid_from" < %s
       AND "contacts_contactcategory"."category_id" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-01-14T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1101
