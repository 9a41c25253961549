-- {"type": "contacts.number", "attribute": "shoe_size", "operator": "less_than", "value": 41}
-- People who have Shoe size that is less than 41.
-- These contacts:

  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" IS NULL
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."number" < %s))
UNION ALL
  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" > %s
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."number" < %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1217
-- 41.0
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1217
-- 41.0
