-- {"type": "contacts.number", "attribute": "shoe_size", "operator": "has_value"}
-- People who have Shoe size with any value.
-- These contacts:

  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" IS NULL
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."number" IS NOT NULL))
UNION ALL
  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" > %s
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."number" IS NOT NULL))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1217
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1217
