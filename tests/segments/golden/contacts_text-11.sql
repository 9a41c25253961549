-- {"type": "contacts.text", "attribute": "industry", "operator": "has_no_value"}
-- People who don't have Industry with any value.
-- Everybody but these contacts:

  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" IS NULL
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."text_norm" IS NOT NULL
          AND NOT ("contacts_attributevalue"."text_norm" = %s
                   AND "contacts_attributevalue"."text_norm" IS NOT NULL)))
UNION ALL
  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" > %s
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."text_norm" IS NOT NULL
          AND NOT ("contacts_attributevalue"."text_norm" = %s
                   AND "contacts_attributevalue"."text_norm" IS NOT NULL)))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1215
-- ''
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1215
-- ''
