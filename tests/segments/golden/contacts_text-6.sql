-- {"type": "contacts.text", "attribute": "email", "operator": "ends_with", "values": ["@example.org"]}
-- People who have E-mail that ends with @example.org.
-- These contacts:

  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" IS NULL
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."text_norm"::text LIKE %s))
UNION ALL
  (SELECT "contacts_attributevalue"."contact_id" AS "contact_id"
   FROM "contacts_attributevalue"
   WHERE ("contacts_attributevalue"."workspace_id" = %s
          AND "contacts_attributevalue"."valid_to" > %s
          AND "contacts_attributevalue"."valid_from" <= %s
          AND "contacts_attributevalue"."attribute_id" = %s
          AND "contacts_attributevalue"."text_norm"::text LIKE %s))

-- Parameters, in order:
-- 77
-- 2026-03-15T12:00:00+00:00
-- 1201
-- '%@example.org'
-- 77
-- 2026-03-15T12:00:00+00:00
-- 2026-03-15T12:00:00+00:00
-- 1201
-- '%@example.org'
