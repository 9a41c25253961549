-- {"type": "contacts.text", "attribute": "city", "operator": "none_of", "values": ["Sopot"], "history": "held", "held_for": 2, "held_unit": "months"}
-- People who haven't had City that is any of Sopot for at least 2 months.
-- Everybody but these contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."text_key" IN (%s)
       AND ("contacts_attributevalue"."valid_to" IS NULL
            OR "contacts_attributevalue"."valid_to" > %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1207
-- 'sopot'
-- 2026-01-15T12:00:00+00:00
