-- {"type": "categories.has", "match": "any", "categories": ["wholesale"]}
-- People who are in the category any of wholesale.
-- These contacts:
SELECT "contacts_contactcategory"."contact_id" AS "contact_id"
FROM "contacts_contactcategory"
WHERE ("contacts_contactcategory"."workspace_id" = %s
       AND ("contacts_contactcategory"."valid_to" IS NULL
            OR "contacts_contactcategory"."valid_to" > %s)
       AND "contacts_contactcategory"."valid_from" <= %s
       AND "contacts_contactcategory"."category_id" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1101
