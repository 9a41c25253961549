-- {"type": "contacts.choice", "attribute": "size_choice", "operator": "none_of", "values": ["S"], "history": "ever"}
-- People who never had Size choice that is S.
-- Everybody but these contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."text_key" IN (%s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1218
-- 's'
