-- {"type": "contacts.text", "attribute": "city", "operator": "any_of", "values": ["Gdynia"], "history": "ever"}
-- People who have or had at any time City that is any of Gdynia.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."text_key" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1207
-- 'gdynia'
