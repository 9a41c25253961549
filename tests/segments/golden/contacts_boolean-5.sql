-- {"type": "contacts.boolean", "attribute": "is_student", "operator": "has_no_value", "history": "ever"}
-- People who never had Is student with any value.
-- Everybody but these contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE ("contacts_attributevalue"."workspace_id" = %s
       AND "contacts_attributevalue"."valid_from" <= %s
       AND "contacts_attributevalue"."attribute_id" = %s
       AND "contacts_attributevalue"."number" IS NOT NULL)

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1220
