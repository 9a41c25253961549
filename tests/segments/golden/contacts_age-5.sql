-- {"type": "contacts.age", "operator": "not_exactly", "years": 40}
-- People who are not exactly 40 years old.
-- Everybody but these contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s)
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."date" <= %s
       AND "contacts_attributevalue"."date" > %s)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1206
-- 1986-03-15
-- 1985-03-15
