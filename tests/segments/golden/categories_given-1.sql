-- {"type": "categories.given", "match": "all", "categories": ["wholesale", "press"], "window": "ever"}
-- People who were put into all of wholesale and press ever.
-- These contacts:
SELECT "contacts_contactcategory"."contact_id" AS "contact_id"
FROM "contacts_contactcategory"
WHERE ("contacts_contactcategory"."workspace_id" = %s
       AND "contacts_contactcategory"."valid_from" <= %s
       AND "contacts_contactcategory"."category_id" IN (%s,
                                                        %s))
GROUP BY 1
HAVING COUNT(DISTINCT "contacts_contactcategory"."category_id") = %s

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1101
-- 1102
-- Int4(2)
