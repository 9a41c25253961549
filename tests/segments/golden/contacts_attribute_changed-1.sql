-- {"type": "contacts.attribute_changed", "attribute": "shoe_size", "window": "ever"}
-- People who had a change of Shoe size ever.
-- These contacts:
SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
FROM "contacts_attributevalue"
WHERE (("contacts_attributevalue"."workspace_id" = %s
        AND "contacts_attributevalue"."valid_from" <= %s
        AND "contacts_attributevalue"."attribute_id" = %s)
       OR ("contacts_attributevalue"."workspace_id" = %s
           AND "contacts_attributevalue"."valid_from" <= %s
           AND "contacts_attributevalue"."attribute_id" = %s
           AND "contacts_attributevalue"."valid_to" <= %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1217
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1217
-- 2026-03-15T12:00:00+00:00
