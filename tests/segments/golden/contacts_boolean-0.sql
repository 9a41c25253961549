-- {"type": "contacts.boolean", "attribute": "is_student", "operator": "yes"}
-- People who have Is student that is yes.
-- These contacts:

  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" IS NULL
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."number" = %s))
UNION ALL
  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" > %s
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."number" = %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1220
-- 1.0
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1220
-- 1.0
